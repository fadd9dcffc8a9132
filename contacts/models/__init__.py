from contacts.models.offices import (
    DataProtection,
    FieldOfAction,
    LegalText,
    Office,
    OfficeArea,
    OfficeMembership,
    OfficeTask,
    TargetGroup,
)
from contacts.models.people import (
    ContactPerson,
    ContactPersonField,
    FormerPerson,
    FormerPost,
    MunicipalStaff,
    Organisation,
    Person,
    Remark,
)
from contacts.models.responsibility import Absence, Assignment

__all__ = [
    "Absence",
    "Assignment",
    "ContactPerson",
    "ContactPersonField",
    "DataProtection",
    "FieldOfAction",
    "FormerPerson",
    "FormerPost",
    "LegalText",
    "MunicipalStaff",
    "Office",
    "OfficeArea",
    "OfficeMembership",
    "OfficeTask",
    "Organisation",
    "Person",
    "Remark",
    "TargetGroup",
]
