"""What the prison system's codes mean, in its words."""

from __future__ import annotations

RELATIONSHIPS = {
    "AUN": "Aunt",
    "BRO": "Brother",
    "COU": "Cousin",
    "DAU": "Daughter",
    "FA": "Father",
    "FRI": "Friend",
    "MOT": "Mother",
    "PTN": "Partner",
    "SIS": "Sister",
    "SOL": "Solicitor",
    "SON": "Son",
    "WIFE": "Wife",
}
CONTACT_TYPES = {"S": "Social/Family", "O": "Official"}
RESTRICTIONS = {"BAN": "Banned", "CLOSED": "Closed", "CCTV": "CCTV"}
ORDERS = {"VO": "Visiting Order", "PVO": "Privilege Visiting Order"}
