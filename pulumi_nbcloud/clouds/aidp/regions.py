"""Oracle's regions: their short names, their realms, and the domains of those.

Source: the table of Oracle's SDK (docs/vendors/aidp.md, DP-6, DP-49); a test compares the two.
"""

from __future__ import annotations

import re

from pulumi_nbcloud.errors import SettingsError

# For each realm: its name, its domain, and its regions with their short names.
_TABLE = """
oc1 oraclecloud.com af-casablanca-1=lej af-johannesburg-1=jnb ap-batam-1=hsg ap-chuncheon-1=yny ap-delhi-1=onm
    ap-hyderabad-1=hyd ap-kulai-2=jbp ap-melbourne-1=mel ap-mumbai-1=bom ap-osaka-1=kix ap-seoul-1=icn
    ap-singapore-1=sin ap-singapore-2=xsp ap-sydney-1=syd ap-tokyo-1=nrt ca-montreal-1=yul ca-toronto-1=yyz
    eu-amsterdam-1=ams eu-frankfurt-1=fra eu-madrid-1=mad eu-madrid-3=orf eu-marseille-1=mrs eu-milan-1=lin
    eu-paris-1=cdg eu-stockholm-1=arn eu-turin-1=nrq eu-zurich-1=zrh il-jerusalem-1=mtz me-abudhabi-1=auh
    me-dubai-1=dxb me-jeddah-1=jed me-riyadh-1=ruh mx-monterrey-1=mty mx-queretaro-1=qro sa-bogota-1=bog
    sa-santiago-1=scl sa-saopaulo-1=gru sa-valparaiso-1=vap sa-vinhedo-1=vcp uk-cardiff-1=cwl uk-london-1=lhr
    us-ashburn-1=iad us-chicago-1=ord us-phoenix-1=phx us-saltlake-2=aga us-sanjose-1=sjc
oc2 oraclegovcloud.com us-langley-1=lfi us-luke-1=luf
oc3 oraclegovcloud.com us-gov-ashburn-1=ric us-gov-chicago-1=pia us-gov-phoenix-1=tus
oc4 oraclegovcloud.uk uk-gov-cardiff-1=brs uk-gov-london-1=ltn
oc8 oraclecloud8.com ap-chiyoda-1=nja ap-ibaraki-1=ukb
oc9 oraclecloud9.com me-dcc-muscat-1=mct me-ibri-1=ibr
oc10 oraclecloud10.com ap-dcc-canberra-1=wga
oc14 oraclecloud14.com eu-dcc-dublin-1=ork eu-dcc-dublin-2=snn eu-dcc-milan-1=bgy eu-dcc-milan-2=mxp
    eu-dcc-rating-1=dus eu-dcc-rating-2=dtm
oc15 oraclecloud15.com ap-dcc-gazipur-1=dac
oc19 oraclecloud.eu eu-frankfurt-2=str eu-madrid-2=vll
oc20 oraclecloud20.com eu-jovanovac-1=beg
oc21 oraclecloud21.com me-alrayyan-1=vve me-dcc-doha-1=doh
oc23 oraclecloud23.com us-somerset-1=ebb us-thames-1=ebl
oc24 oraclecloud24.com eu-crissier-1=avf eu-dcc-zurich-1=avz
oc26 oraclecloud26.com me-abudhabi-3=ahu me-alain-1=rba
oc29 oraclecloud29.com me-abudhabi-2=rkt me-abudhabi-4=shj
oc35 oraclecloud35.com ap-chuncheon-2=bno ap-seoul-2=dtz ap-suwon-1=dln
oc42 oraclecloud42.com us-ashburn-2=yxj us-newark-1=pgc
oc51 oraclecloud51.com eu-budapest-1=jsk
oc52 oraclecloud52.com sa-riodejaneiro-1=hnw
"""
_ROWS = [each.split() for each in _TABLE.replace("\n    ", " ").splitlines() if each]

REALMS = {each.partition("=")[0]: (realm, domain) for realm, domain, *regions in _ROWS for each in regions}
"""Of each region, by its full name, the realm and its domain."""

SHORT_NAMES = {short: full for row in _ROWS for full, _, short in (each.partition("=") for each in row[2:])}

_SHAPE = re.compile(r"[a-z]{2,3}(-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)
_HINT = "check it; for a region that is not in this table, set endpoint to the gateway's scheme and host"


def full_name(region: str, name: str) -> str:
    """Convert a region to the form in host names, as Oracle's tools do: from any case, and short names such as `iad`.

    Args:
        region: as a setting or a profile spells it.
        name: its name in messages.

    Returns:
        The full name in lower case.

    Raises:
        SettingsError: the region is unknown, and with it its realm and host.
    """
    lower = region.lower()
    found = SHORT_NAMES.get(lower, lower)
    if found in REALMS:
        return found
    # A value of another form may be a secret in the wrong place.
    shown = f", {found}," if _SHAPE.fullmatch(found) else ""
    raise SettingsError(
        f"{name}{shown} is no region that Oracle's SDK knows, so its realm and host are not known", hint=_HINT
    )


def realm_of(ocid: str) -> str | None:
    """Return the realm that an OCID names, in its third part; None for any other text."""
    parts = ocid.split(".")
    return parts[2].lower() if len(parts) >= 5 and parts[0].startswith("ocid") and parts[2] else None
