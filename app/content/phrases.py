"""What a sentence does, told from its words: it names an amount, advises to stop, or states a benefit.

The patterns know kinds of wording, not single sentences, so that a rule also holds for words that nobody has used yet. They look at
most 200 characters ahead, which is more than a sentence may have, so that they stay fast on any text.
"""

import re
from functools import lru_cache
from typing import Final

CACHED: Final = 16_384
"""How many answers are kept: many records share a text, and an edited seed is nearly the one before."""

SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")

# Amounts.
NUMBER: Final = (
    r"(?:\d[\d.,/]*|[\u00bc-\u00be\u2150-\u215e]"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred"
    r"|half(?: an?)?|quarter(?: of)?(?: an?)?|(?:a )?(?:couple|few|dozen)(?: of)?|several)"
)
MEASURE: Final = (
    r"(?:mg|g|gms?|mcg|\u00b5g|ug|kg|ml|cl|oz|lbs?|tsps?|tbsps?|(?:milli|micro|kilo)?gram(?:me)?s?|ounces?|drops?"
    r"|(?:milli|centi)?lit(?:re|er)s?|handfuls?|pinch(?:es)?|(?:tea|table)?spoon(?:ful)?s?|scoops?|capsules?|caps|tablets?|pills?|gummies"
    r"|glass(?:es)?|cups?|mugs?|doses?|servings?|shots?)"
)
SINGLE_MEASURE: Final = (
    r"(?:gram|milligram|teaspoon|tablespoon|spoon(?:ful)?|scoop|capsule|tablet|pill|ounce|tsp|tbsp|handful|pinch)"
)
"""A measure that is an amount after `a` or `an`. A glass or a dose is none: `how much a glass holds`."""
OF_PRODUCT: Final = r"(?:(?:kratom|leaf|powder|extract|heaped|level|full|small|large)[\s-]+)?"
AMOUNT: Final = re.compile(
    rf"\b(?:{NUMBER}(?:\s*(?:-|\u2013|to|or|and)\s*(?:a )?{NUMBER})?[\s-]*{OF_PRODUCT}{MEASURE}"
    rf"|an?\s+{OF_PRODUCT}{SINGLE_MEASURE})\b",
    re.IGNORECASE,
)

# Advice to stop.
STOP: Final = (
    r"(?:stop(?:ping)?|quit(?:ting)?|discontinu(?:e|ing)|ceas(?:e|ing)|end(?:ing)?|halt(?:ing)?|abstain(?:ing)?"
    r"|refrain(?:ing)?|wean(?:ing)?|taper(?:ing)?|detox|drop(?:ping)?|leav(?:e|ing) off|swear(?:ing)? off|kick(?:ing)?"
    r"|cut(?:ting)? (?:down|back|out)|reduc(?:e|ing)|halv(?:e|ing)|lower(?:ing)?|tak(?:e|ing) less|paus(?:e|ing)"
    r"|(?:com|tak)(?:e|ing) (?:\w+ )?off|(?:get|go|stay|keep|lay)(?:t?ing)? off|giv(?:e|ing) up|throw(?:ing)? away"
    r"|(?:do|go)(?:ing)? without|withdraw(?:ing)? from|(?:stay|keep)(?:ing)? away from|skip(?:ping)?"
    r"|(?:leave|throw) (?=[\w -]+ (?:alone|away))|go cold turkey)"
)
KEEP_AWAY: Final = r"(?:avoid(?:ing)?|(?:do not|don't|never) (?:use|take|swallow|drink|touch))"
BEGINNING: Final = (
    r"(?:^|[.!?;:,(]\s+|\b(?:and|or|then|to|must|should|please|first|help|plan|plan how to|simply|just|try|now)\s+)"
)
"""Where advice begins. `Vomiting that does not stop` and `people who do not use it` are none."""
KRATOM: Final = (
    r"(?:kratom|use|using|taking|it|them|products?|7-oh|mitragynine|leaf|powder|extracts?|doses?|amounts?|habit"
    r"|altogether|completely|over (?:an?|\w+) (?:weeks?|days?))"
)
STOP_KRATOM: Final = re.compile(
    rf"{BEGINNING}(?:{STOP}|{KEEP_AWAY})\b(?:[^.;:!?]{{0,200}}\b{KRATOM}\b|(?=\s*(?:[.!?;:]|$)))", re.IGNORECASE
)
STOP_SAFELY: Final = re.compile(
    r"\b(?:not|never|n't) (?:\w+ ){0,4}(?:suddenly|abruptly)\b"
    r"|\b(?:not|never|n't) (?:stop|quit)\b[^.]{0,200}\b(?:suddenly|abruptly|on (?:your|their) own)\b"
    r"|\bhelp (?:\w+ )?to (?:stop|cut|taper|plan)\b|\bunder supervision\b|\bsupervised\b|\btell the care team\b"
    r"|\bcare team help\b|\bplan with\b[^.]{0,200}\bhow to stop\b",
    re.IGNORECASE,
)
"""How to stop without harm: slowly, and with help."""
MEDICINE: Final = (
    r"(?:medicines?|medications?|prescriptions?|prescribed|antidepressants?|antipsychotics?|opioids?|painkillers?"
    r"|benzodiazepines?|sedatives?|SSRIs?|SNRIs?|venlafaxine|quetiapine|sertraline|bupropion|tramadol|digoxin|insulin"
    r"|tablets?|pills?|treatment)"
)
STOP_MEDICINE: Final = re.compile(
    rf"{BEGINNING}{STOP}\s+(?:(?!kratom|if|with|when|until|unless|while|use|using)[\w'-]+\s+){{0,4}}{MEDICINE}\b"
    rf"|{BEGINNING}(?:do not|don't|never) take (?:your|the|a|any) (?:[\w-]+\s+){{0,2}}{MEDICINE}\b"
    rf"|\b(?:replac(?:e|es|ing)|swap(?:s|ping)?|instead of|in place of|rather than)\b[^.;:!?]{{0,200}}\b{MEDICINE}\b",
    re.IGNORECASE,
)
COMBINED_MEDICINE: Final = re.compile(
    rf"\b(?:combin(?:e|ing)|mix(?:ing)?|avoid\b[^.;:!?]{{0,200}}\bwith|together with)\b[^.;:!?]{{0,200}}\b{MEDICINE}\b",
    re.IGNORECASE,
)
NEGATION: Final = re.compile(r"\b(?:not|never|no|none|nobody|cannot|without)\b|n't\b", re.IGNORECASE)

# Benefits.
OF_KRATOM: Final = re.compile(
    r"\b(?:kratom|(?:red|green|white)[\s-]vein|strains?|mitragynine|7-oh|7-hydroxymitragynine|leaf|ketum)\b",
    re.IGNORECASE,
)
BENEFIT: Final = re.compile(
    r"\b(?:reliev(?:es?|ing)|(?:for|gives?|brings?|provides?|offers?) (?:\w+ )?relief|eas(?:es?|ing)|cur(?:es?|ing)"
    r"|treats? (?:\w+ )?(?:pain|anxiety|depression|insomnia|withdrawal|addiction)|heal(?:s|ing)?|improv(?:es?|ing)"
    r"|boost(?:s|ing)?|enhanc(?:es?|ing)|sooth(?:es?|ing)|calm(?:s|ing)?|relax(?:es|ing)?|lift(?:s|ing)?"
    r"|energi[sz](?:es|ing)|sharpens?|(?<!get )(?<!medical )(?<!for )help(?:s|ing)? (?:with|against|for|people|you|your)"
    r"|works? (?:well|for|against|best)|(?:good|great|best|ideal|suit(?:s|able)?|right) for|safe(?:ly|r|st)?|harmless"
    r"|(?:an?|the) (?:\w+ )?(?:painkiller|analgesic|remedy|cure)|gets? rid of|feel good|(?:only|purely|completely) natural"
    r"|effective(?:ly)?|well[\s-]tolerated|non-addictive|undetectable|benefits?|less pain|lowers? pain"
    r"|reduc(?:es|ing) (?:\w+ )?pain|better (?:mood|sleep)|more energy)\b",
    re.IGNORECASE,
)
QUALIFIED: Final = re.compile(
    r"\b(?:articles?|according|reported|reports?|says?|said|calls?|called|claim(?:s|ed)?|market(?:ed|ing)|sold|survey|diaries"
    r"|study|studies|trial|review|concludes?|whether|contradict\w*|qualif\w*|unproven|untested|unknown|unsafe|fails?"
    r"|unapproved|not|never|no|none|nobody|neither|nor|cannot|without)\b|n't\b",
    re.IGNORECASE,
)
"""How a sentence says whose statement it is, or how far it is true."""
REASSURANCE: Final = re.compile(
    r"\b(?:risk[\s-]free|(?:no|zero|without(?: any)?) (?:\w+ )?(?:risks?|harms?|danger|side effects?)"
    r"|(?:removes?|removed|removing|rules? out|eliminat\w+|takes? away) (?:all |the |any |every )?(?:\w+ )?(?:risks?|dangers?)"
    r"|guarantee[sd]?|nothing to (?:fear|worry about)|no (?:need|reason) to worry|perfectly (?:safe|legal|fine)"
    r"|(?:do|does|did|can|will) ?n[o']t (?:harm|hurt)|cannot (?:harm|hurt)|never (?:harms?|hurts?)|non-toxic"
    r"|not (?:addictive|dangerous|harmful|toxic))\b",
    re.IGNORECASE,
)
DISOWNED: Final = re.compile(
    r"\b(?:not|never|no|nobody|cannot|says?|said|article|promis\w*|claims?|if|whether)\b|n't\b", re.IGNORECASE
)
"""How a sentence denies what follows, or says whose words it is."""
PRESUMING: Final = re.compile(r"\s*(?:why|how|when|which|what (?:makes?|is the (?:best|safest)))\b", re.IGNORECASE)
"""How a question begins that takes a statement for granted: `Why is red vein best for pain?`"""


def sentences_of(text: str) -> list[str]:
    """The sentences of a text."""
    return SENTENCE_END.split(text)


@lru_cache(maxsize=CACHED)
def advice_to_stop(text: str) -> tuple[str, ...]:
    """The pieces of a text that advise to stop, reduce or avoid kratom."""
    return tuple(found[0].strip(" .,;:!?(") for found in STOP_KRATOM.finditer(text))


@lru_cache(maxsize=CACHED)
def advice_against_a_medicine(text: str) -> tuple[str, ...]:
    """The sentences of a text that advise to stop a medicine, or to take kratom in its place."""
    return tuple(
        sentence
        for sentence in sentences_of(text)
        if (found := STOP_MEDICINE.search(sentence)) and not NEGATION.search(sentence[: found.start()])
    )


@lru_cache(maxsize=CACHED)
def bare_benefits(text: str, *, of_kratom: bool = False) -> tuple[str, ...]:
    """The sentences of a text that state or presume a benefit of kratom as if it were established.

    With `of_kratom`, the whole text is about kratom, whether or not a sentence names it: `It relieves pain.`
    """
    return tuple(
        sentence
        for sentence in sentences_of(text)
        if (not sentence.endswith("?") or PRESUMING.match(sentence))
        and (of_kratom or OF_KRATOM.search(sentence))
        and BENEFIT.search(sentence)
        and not QUALIFIED.search(sentence)
    )


@lru_cache(maxsize=CACHED)
def bare_reassurances(text: str) -> tuple[str, ...]:
    """The sentences of a text that promise that something is without risk, such as a tested product."""
    return tuple(
        sentence
        for sentence in sentences_of(text)
        if (found := REASSURANCE.search(sentence)) and not DISOWNED.search(sentence[: found.start()])
    )
