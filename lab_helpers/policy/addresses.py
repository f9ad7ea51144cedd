"""Tell the address of one server from an address that every machine, document or program has."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network

__all__ = ["DOMAIN", "INFRASTRUCTURE", "IPV4", "is_of_server", "is_own_domain", "is_reserved"]

IPV4 = re.compile(
    r"(?<![\w.:/-])(?P<scheme>[a-z][a-z0-9+]*://(?:[^\s/@]*@)?)?(?P<address>\d{1,3}(?:\.\d{1,3}){3})(?![\w.-]|/\d)"
)
"""An address in a text; not part of a longer number or name, nor of a network."""

DOMAIN = re.compile(r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,18}(?![\w-]|\.\w)", re.IGNORECASE)
"""A name with a dot in it."""

# What is nobody's server: RFC 5737, 6890; what Docker, Android and virtual machines call the machine they run on.
_NOBODY = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.2.0/24",
            "10.0.3.2/32",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.17.0.0/16",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.168.99.0/24",
            "192.168.100.1/32",
            "192.168.65.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
# What everybody asks, and what stands for any address in a text.
_EVERYBODYS = re.compile(
    r"^(?:8\.8\.[48]\.[48]|8\.8\.4\.4|1\.1\.1\.\d|1\.0\.0\.1|9\.9\.9\.\d+|208\.67\.22[02]\.22[02]|4\.2\.2\.\d|64\.6\.6[45]\.6"
    r"|1\.2\.3\.4|4\.3\.2\.1|5\.6\.7\.8|2\.2\.2\.2|3\.3\.3\.3|4\.4\.4\.4|5\.5\.5\.5|9\.8\.7\.6|11\.22\.33\.44"
    r"|(\d+)\.\1\.\1\.\1|123\.123\.\d+\.\d+|12\.34\.56\.78|123\.45\.67\.8\d?|.*\.0)$"
)
_RESERVED = re.compile(
    r"^your[\w.-]*$|(?:^|\.)(?:example|test|test\.com|invalid|localhost|localdomain|local|example\.(?:com|org|net|edu|io)|ossrdbms-aad\.database\.windows\.net|domain\.(?:com|tld)"
    r"|your-?[\w-]+\.\w+|my-?(?:domain|site|app|company|server|host)\.\w+|(?:site|website|company|yourdomain|somewhere)\.(?:com|tld)"
    r"|acme\.com|foo\.(?:com|bar)|bar\.com|(?:docker|containers|host|google|metadata\.google)\.internal|nip\.io|sslip\.io|lvh\.me)$",
    re.IGNORECASE,
)
# What many use and nobody runs for one application alone.
_SHARED = re.compile(
    r"""(?:^|\.)(?:
        (?:google|googleapis|gstatic|googleusercontent|googletagmanager|google-analytics|youtube|youtube-nocookie|ytimg|gmail|recaptcha|firebaseio
        |github|githubusercontent|githubassets|gitlab|bitbucket|atlassian|slack|discord|telegram|twitter|x|facebook|instagram
        |linkedin|microsoft|microsoftonline|live|office|outlook|office365|apple|icloud|yahoo|amazon|amazonaws|stripe|paypal|braintree
        |braintreegateway|twilio|sendgrid|mailgun|mailtrap|mailchimp|mandrillapp|postmarkapp|sparkpost|sentry|datadoghq|newrelic
        |cloudflare|cloudinary|unsplash|gravatar|jsdelivr|unpkg|cdnjs|bootstrapcdn|fontawesome|jquery|w3|schema|mozilla|openai
        |anthropic|huggingface|mapbox|openstreetmap|here|wikipedia|docker|npmjs|pypi|apache|debian|ubuntu
        |letsencrypt|quay|binance|coinbase|kraken|coingecko|weatherapi|openweathermap|spotify|zoom|intercom|segment
        |amplitude|mixpanel|hotjar|algolia|contentful|shopify|dropbox|twitch|tiktok|pinterest|reddit|medium|vimeo|giphy
        |sourceforge|readthedocs|opencollective|crowdin|travis-ci|circleci|codecov|jitpack|spring|eclipse|hibernate|ietf
        |opensource|gnu|mit|creativecommons|kernel)
        \.(?:com|org|net|io|dev|me|ai|co|us|gov|de|jp|app|sh|tv|edu)
    )$""",
    re.VERBOSE | re.IGNORECASE,
)
INFRASTRUCTURE = re.compile(
    r"""(?<![\w@.-])(?P<name>
        (?:[a-z0-9][a-z0-9-]*\.){2,}(?:internal|corp|intra|intranet|lan)
      | (?:[a-z0-9][a-z0-9-]*\.)+svc\.cluster\.local
      | [a-z0-9][a-z0-9.-]*\.(?:rds|cache|elb|es)\.(?:[a-z0-9-]+\.)?amazonaws\.com | ec2-[a-z0-9.-]+\.amazonaws\.com
      | [a-z0-9][a-z0-9-]*\.(?:database\.windows\.net|(?:postgres|mysql)\.database\.azure\.com
      |redis\.cache\.windows\.net)
    )(?=[:/"'`\s,;?]|$)""",
    re.VERBOSE | re.MULTILINE,
)
"""The name of a machine or a service in one network, whoever uses it."""

# The endings that a company or a person takes; others are files, packages and attributes more often than domains.
_TOP = re.compile(
    r"\.(?:com|net|org|io|dev|app|ai|co|info|biz|cloud|tech|online|site|website|store|shop|edu|gov|mil|me|tv|xyz|live|pro|systems"
    r"|solutions|services|software|digital|agency|studio|media|network|group|global|world|life|space|finance|health|games"
    r"|eu|uk|de|fr|nl|us|ca|au|jp|kr|cn|in|br|ru|ch|at|be|se|no|fi|dk|pl|cz|it|es|pt|ie|nz|za|mx|ar|cl|sg|hk|tw|vn|id|my|th|tr|ua"
    r"|gr|hu|ro|il|ae|sa|ir|lt|lv|ee|sk|si|hr|rs|bg|kz|cc|gg|fm|so|to|ly|is|lu)$"
)


def is_of_server(address: str) -> bool:
    """Whether an IPv4 address can only be that of one server, or of one network's."""
    try:
        parsed = IPv4Address(address)
    except AddressValueError:  # a version, or a number of another kind
        return False
    return not _EVERYBODYS.match(address) and not any(parsed in network for network in _NOBODY)


def is_reserved(name: str) -> bool:
    """Whether a domain stands for any other, or for the machine it is used on."""
    return _RESERVED.search(name) is not None


def is_own_domain(name: str) -> bool:
    """Whether a domain can be one that an application is reached by: none for documents, none that many share."""
    return bool(_TOP.search(name)) and not is_reserved(name) and not _SHARED.search(name)
