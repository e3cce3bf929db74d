"""Automatic field mapping: CRM fields that well-known ERP field keys stand for (spec 2.8)."""

from collections.abc import Collection, Iterable, Mapping

from erp_links.mapping.compatibility import is_offered
from host.crm.registry import CrmField, entity_types
from sync_connectors import Field

_ADDRESS = {
    "AD1": "line1",
    "AD2": "line2",
    "AD3": "line3",
    "ZIP": "zip",
    "CITY": "city",
    "COUNTY": "county",
    "STATE": "state",
}


def _address_keys(*prefixes: str) -> dict[str, str]:
    return {f"{prefix}{suffix}": f"{prefix.lower()}.{part}" for prefix in prefixes for suffix, part in _ADDRESS.items()}


SUPEROFFICE_KEYS: Mapping[str, Mapping[str, str]] = {
    "company": {
        "NAME": "name",
        "NUMBER1": "code",
        "NUMBER2": "number",
        "DEPARTMENT": "department",
        "PHONE": "phone",
        "FAX": "fax",
        "EMAIL": "email",
        "URL": "url",
        **_address_keys("POSTAL", "STREET"),
        "COUNTRY": "country",
        "VATNO": "vat_number",
    },
    "person": {
        "FIRSTNAME": "first_name",
        "MIDDLENAME": "middle_name",
        "LASTNAME": "last_name",
        "TITLE": "title",
        "NUMBER": "number",
        "PHONE_DIRECT": "phone_direct",
        "PHONE_PRIVATE": "phone_private",
        "PHONE_MOBILE": "phone_mobile",
        "PHONE_OTHER": "phone_other",
        "EMAIL": "email",
        "POSITION": "position",
        "BIRTHDATE": "birth_date",
        "URL": "url",
        **_address_keys("POSTAL"),
        "POSTALCOUNTRY": "postal.country",
    },
    "project": {"NAME": "name", "TEXT": "description", "NUMBER": "number", "URL": "url", "ENDDATE": "end_date"},
}
"""The list that SuperOffice publishes; keys in upper case."""

FURTHER_KEYS: Mapping[str, Mapping[str, str]] = {
    "company": {
        **dict.fromkeys(
            ("CUSTNO", "SUPPNO", "SUPNO", "CUSTOMERNUMBER", "SUPPLIERNUMBER", "DEBTORNUMBER", "NUMBER"), "number"
        ),
        **dict.fromkeys(("CODE", "ACCOUNTCODE", "DEBTORCODE", "CUSTOMERCODE"), "code"),
        **dict.fromkeys(("ACCOUNTNAME", "COMPANYNAME"), "name"),
        **dict.fromkeys(("EMAILADDRESS", "MAIL"), "email"),
        **dict.fromkeys(("WEBSITE", "HOMEPAGE", "WEB"), "url"),
        **dict.fromkeys(("TELEPHONE", "PHONENUMBER"), "phone"),
        **dict.fromkeys(("VATNUMBER", "VAT_NUMBER"), "vat_number"),
        **dict.fromkeys(("CHAMBEROFCOMMERCE", "CHAMBEROFCOMMERCENUMBER", "ORGNO", "REGNO"), "registration_number"),
        **dict.fromkeys(("SALESVATCODE", "VATCODE"), "vat_code"),
        **dict.fromkeys(
            ("PAYMENTCONDITIONSALES", "PAYMENTCONDITION", "PAYMENTTERMS", "PAYMENT_TERMS"), "payment_terms"
        ),
        **dict.fromkeys(("CLASSIFICATION", "CLASSIFICATION1", "CLASSIFICATIONID"), "classification"),
        **dict.fromkeys(("PRICELIST", "PRICE_LIST"), "price_list"),
        **dict.fromkeys(("CREDITLIMIT", "CREDIT_LIMIT"), "credit_limit"),
        **dict.fromkeys(("CURRENCY", "CURRENCYCODE"), "currency"),
        **dict.fromkeys(("CATEGORY", "CUSTOMERGROUP", "GROUP"), "category"),
        "BLOCKED": "blocked",
        **dict.fromkeys(("DESCRIPTION", "REMARKS", "NOTES"), "description"),
        **dict.fromkeys(("ADDRESSLINE1", "MAILINGADDRESS1"), "street.line1"),
        **dict.fromkeys(("ADDRESSLINE2", "MAILINGADDRESS2"), "street.line2"),
        **dict.fromkeys(("ADDRESSLINE3", "MAILINGADDRESS3"), "street.line3"),
        **dict.fromkeys(("POSTCODE", "MAILINGPOSTCODE"), "street.zip"),
        **dict.fromkeys(("CITY", "MAILINGCITY"), "street.city"),
        **dict.fromkeys(("STREETCOUNTRY", "MAILINGCOUNTRY"), "street.country"),
        "POSTALCOUNTRY": "postal.country",
        **dict.fromkeys(("INVOICEADDRESS", "INVOICEADDRESS1"), "invoice.line1"),
        **dict.fromkeys(("INVOICEADDRESSPOSTCODE", "INVOICEPOSTCODE"), "invoice.zip"),
        "INVOICECITY": "invoice.city",
        "INVOICECOUNTRY": "invoice.country",
        **dict.fromkeys(("DELIVERYADDRESSLINE1", "DELIVERYADDRESS", "DELIVERYADDRESS1"), "delivery.line1"),
        "DELIVERYPOSTCODE": "delivery.zip",
        "DELIVERYCITY": "delivery.city",
        "DELIVERYCOUNTRY": "delivery.country",
    },
    "person": {
        **dict.fromkeys(("PERSONNO", "CONTACTNO", "CONTACTNUMBER"), "number"),
        **dict.fromkeys(("FIRST_NAME", "GIVENNAME"), "first_name"),
        "MIDDLE_NAME": "middle_name",
        **dict.fromkeys(("LAST_NAME", "SURNAME"), "last_name"),
        **dict.fromkeys(("EMAILADDRESS", "MAIL"), "email"),
        **dict.fromkeys(("JOBTITLE", "JOBTITLEDESCRIPTION"), "position"),
        **dict.fromkeys(("PHONE", "BUSINESSPHONE"), "phone_direct"),
        **dict.fromkeys(("MOBILE", "BUSINESSMOBILE"), "phone_mobile"),
        **dict.fromkeys(("BIRTH_DATE", "DATEOFBIRTH"), "birth_date"),
    },
    "project": {
        **dict.fromkeys(("PROJNO", "PROJECTNO", "PROJECTNUMBER", "CODE", "PROJECTCODE"), "number"),
        "PROJECTNAME": "name",
        "DESCRIPTION": "description",
        **dict.fromkeys(("REMARKS", "NOTES"), "notes"),
        **dict.fromkeys(("STARTDATE", "START"), "start_date"),
        **dict.fromkeys(("END", "CLOSINGDATE"), "end_date"),
        **dict.fromkeys(("MANAGER", "PROJECTMANAGER"), "manager"),
        **dict.fromkeys(("STATUS", "PROJECTSTATUS"), "status"),
        **dict.fromkeys(("TYPE", "PROJECTTYPE"), "type"),
        **dict.fromkeys(("BUDGET", "BUDGETEDAMOUNT"), "budget"),
        "CUSTOMERPONUMBER": "customer_reference",
        **dict.fromkeys(("COSTCENTER", "COSTCENTRE"), "cost_centre"),
        "COSTUNIT": "cost_unit",
        **dict.fromkeys(("CURRENCY", "CURRENCYCODE"), "currency"),
    },
    "product": {
        **dict.fromkeys(("NAME", "PRODUCTNAME", "ITEMNAME"), "name"),
        **dict.fromkeys(("ITEMNO", "ITEMCODE", "PRODUCTNO", "PRODUCTCODE", "SKU", "CODE", "NUMBER"), "number"),
        **dict.fromkeys(("BARCODE", "EAN", "GTIN"), "barcode"),
        "SEARCHCODE": "search_code",
        "DESCRIPTION": "description",
        **dict.fromkeys(("REMARKS", "NOTES"), "notes"),
        **dict.fromkeys(("UNIT", "UNITCODE", "SALESUNIT"), "unit"),
        **dict.fromkeys(("PRICE", "SALESPRICE", "STANDARDSALESPRICE"), "price"),
        **dict.fromkeys(("COSTPRICE", "COSTPRICESTANDARD"), "cost_price"),
        **dict.fromkeys(("CURRENCY", "CURRENCYCODE"), "currency"),
        **dict.fromkeys(("VATCODE", "SALESVATCODE"), "vat_code"),
        **dict.fromkeys(("CATEGORY", "ITEMGROUP", "PRODUCTGROUP"), "category"),
        "BLOCKED": "blocked",
        **dict.fromkeys(("STOCK", "INSTOCK"), "stock"),
        "NETWEIGHT": "net_weight",
        "GROSSWEIGHT": "gross_weight",
    },
    "sales_order": {
        **dict.fromkeys(("ORDERNO", "ORDERNUMBER", "SALESORDERNUMBER", "NUMBER"), "number"),
        **dict.fromkeys(("YOURREF", "YOURREFERENCE", "CUSTOMERREFERENCE"), "your_reference"),
        **dict.fromkeys(("ORDERDATE", "SALESORDERDATE", "ORDERED"), "order_date"),
        **dict.fromkeys(("DELIVERYTIME", "DELIVERYDATE"), "delivery_date"),
        **dict.fromkeys(("STATUS", "ORDERSTATUS"), "status"),
        "DESCRIPTION": "description",
        **dict.fromkeys(("REMARKS", "NOTES", "NOTE"), "notes"),
        **dict.fromkeys(("LINES", "ORDERLINES", "SALESORDERLINES"), "lines"),
        **dict.fromkeys(("CURRENCY", "CURRENCYCODE"), "currency"),
        **dict.fromkeys(("PAYMENTTERMS", "PAYMENTCONDITION"), "payment_terms"),
        "DISCOUNT": "discount",
        **dict.fromkeys(("AMOUNT", "TOTALAMOUNT", "AMOUNTFC"), "amount"),
        **dict.fromkeys(("AMOUNTFCEXCLVAT", "TOTALAMOUNTEXCLUDINGVAT"), "amount_without_vat"),
        **dict.fromkeys(("VATAMOUNT", "TOTALVATAMOUNT"), "vat_amount"),
        "PAYMENTREFERENCE": "payment_reference",
        **dict.fromkeys(("COSTCENTER", "COSTCENTRE"), "cost_centre"),
        "COSTUNIT": "cost_unit",
        "WAREHOUSE": "warehouse",
        "SHIPPINGMETHOD": "shipping_method",
        "SALESPERSON": "salesperson",
    },
}
"""Keys of other ERPs for the same; tried where SuperOffice's list has left a CRM field free."""


def propose(
    entity_type: str, fields: Iterable[Field], crm_fields: Mapping[str, CrmField], taken: Collection[str] = ()
) -> dict[str, str]:
    """Return ERP field key → CRM field key for the fields whose keys are known, without regard to case.

    A CRM field is proposed once, only where its type suits, and not if it is among those `taken` already.
    """
    by_key = {field.key.upper(): field for field in reversed(list(fields))}
    used = set(taken)
    proposed: dict[str, str] = {}
    for keys in (SUPEROFFICE_KEYS.get(entity_type, {}), FURTHER_KEYS.get(entity_type, {})):
        for erp_key, crm_key in keys.items():
            field, crm_field = by_key.get(erp_key), crm_fields.get(crm_key)
            if field is None or crm_field is None or field.key in proposed or crm_key in used:
                continue
            if is_offered(field.type, crm_field.type):
                proposed[field.key] = crm_key
                used.add(crm_key)
    return proposed


def propose_match(entity_type: str, mapped: Collection[str]) -> list[str]:
    """Return the CRM field by which records are best recognised, out of those that are mapped."""
    entity = entity_types().get(entity_type)
    return [key for key in (entity.match_fields if entity else ()) if key in mapped][:1]
