"""What the lists of offices, people and responsibilities mean."""

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from contacts.models import (  # noqa: F401
        Absence,
        Assignment,
        ContactPerson,
        FieldOfAction,
        MunicipalStaff,
        Office,
        OfficeMembership,
        Person,
    )
    from municipalities.models import Municipality


class OfficeQuerySet(models.QuerySet["Office"]):
    def serving(self, municipality: "Municipality") -> "OfficeQuerySet":
        """The offices whose area holds the municipality, itself or through its district or association."""
        return self.filter(
            Q(areas__municipality=municipality)
            | Q(areas__district=municipality.district_id)
            | Q(areas__association__isnull=False, areas__association=municipality.association_id)
        ).distinct()


class FieldOfActionQuerySet(models.QuerySet["FieldOfAction"]):
    pass


class OfficeMembershipQuerySet(models.QuerySet["OfficeMembership"]):
    def current(self, on: datetime.date) -> "OfficeMembershipQuerySet":
        return self.filter(period__contains=on)


class MunicipalStaffQuerySet(models.QuerySet["MunicipalStaff"]):
    def current(self, on: datetime.date) -> "MunicipalStaffQuerySet":
        return self.filter(period__contains=on)


class PersonQuerySet(models.QuerySet["Person"]):
    pass


class ContactPersonQuerySet(models.QuerySet["ContactPerson"]):
    def current(self, on: datetime.date) -> "ContactPersonQuerySet":
        """The posts held on that day."""
        return self.filter(period__contains=on)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def current(self, on: datetime.date) -> "AssignmentQuerySet":
        return self.filter(valid__contains=on)

    def primary(self) -> "AssignmentQuerySet":
        return self.filter(role="primary")


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def on(self, on: datetime.date) -> "AbsenceQuerySet":
        return self.filter(days__contains=on)
