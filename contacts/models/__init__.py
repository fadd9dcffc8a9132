from contacts.models.handover import Handover, HandoverChange, HandoverTown, PassedWork
from contacts.models.imports import ContactImport
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
    "ContactImport",
    "ContactPerson",
    "ContactPersonField",
    "DataProtection",
    "FieldOfAction",
    "FormerPerson",
    "FormerPost",
    "Handover",
    "HandoverChange",
    "HandoverTown",
    "LegalText",
    "MunicipalStaff",
    "Office",
    "OfficeArea",
    "OfficeMembership",
    "OfficeTask",
    "Organisation",
    "PassedWork",
    "Person",
    "Remark",
    "TargetGroup",
]
