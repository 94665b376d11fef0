"""The examples that the vendor's documentation gives, with the names the client has today."""

from pymisp import MISPOrganisation, MISPUser, PyMISP
