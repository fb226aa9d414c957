"""Model cards and one-line descriptions of them, good and flawed, from a seeded grammar.

A good line names the task, the material, the language and a limit of the model, and claims no more than its card.
A flawed line breaks one of those rules. Held-out cards draw on materials, names, layouts and sentence patterns that training never sees.
"""

from dataclasses import dataclass

CARD_BYTES = 512
LINE_BYTES = 96
CANDIDATES = 4

# tag, what it does to the material, what it is called, its metric and that metric's range. {m} is the material, {l} the language.
TASKS = {
    "text": (
        ("text-classification", "Sorts {l} {m} by topic", "Topic classifier for {l} {m}", "accuracy", 0.70, 0.97),
        ("translation", "Translates {l} {m} into English", "{l} to English translator for {m}", "BLEU", 18, 45),
        ("summarization", "Summarises {l} {m}", "Summariser for {l} {m}", "ROUGE-L", 22, 48),
        ("question-answering", "Answers questions about {l} {m}", "Question answering over {l} {m}", "exact match", 0.50, 0.88),
        ("token-classification", "Marks names and places in {l} {m}", "Name tagger for {l} {m}", "F1", 0.72, 0.95),
        ("sentence-similarity", "Compares sentences from {l} {m}", "Sentence embeddings for {l} {m}", "Spearman", 0.60, 0.90),
        ("text-generation", "Drafts {l} {m}", "Text generator for {l} {m}", "perplexity", 6, 30),
    ),
    "speech": (
        ("automatic-speech-recognition", "Transcribes {l} {m}", "Speech recogniser for {l} {m}", "WER", 0.05, 0.30),
        ("text-to-speech", "Reads {l} {m} aloud", "Synthetic voice for {l} {m}", "MOS", 3.2, 4.6),
        ("audio-classification", "Tells speakers apart in {l} {m}", "Speaker classifier for {l} {m}", "accuracy", 0.70, 0.97),
    ),
    "image": (
        ("image-classification", "Classifies {m}", "Image classifier for {m}", "accuracy", 0.70, 0.98),
        ("object-detection", "Finds and boxes objects in {m}", "Object detector for {m}", "mAP", 0.25, 0.65),
        ("image-segmentation", "Outlines regions in {m}", "Segmentation of {m}", "IoU", 0.50, 0.90),
        ("depth-estimation", "Estimates depth in {m}", "Depth estimator for {m}", "RMSE", 0.2, 2.5),
    ),
    "table": (
        ("tabular-regression", "Predicts values from {m}", "Regression on {m}", "R2", 0.50, 0.95),
        ("time-series-forecasting", "Forecasts {m}", "Forecaster for {m}", "MAPE", 0.04, 0.30),
        ("tabular-classification", "Flags odd rows in {m}", "Anomaly flags for {m}", "AUC", 0.70, 0.98),
    ),
}

# The second list of each pair is held out.
MATERIALS = {
    "text": (
        ("court rulings", "product reviews", "news articles", "patents", "hospital letters", "chat logs", "recipes", "e-mails", "tax forms",
         "bug reports", "school essays", "song lyrics", "travel guides", "job adverts", "insurance claims", "lab notes"),
        ("parliament debates", "museum catalogues", "farm diaries", "building permits"),
    ),
    "speech": (
        ("phone calls", "podcasts", "lectures", "radio news", "audiobooks", "team meetings", "station announcements", "interviews"),
        ("sermons", "air traffic messages"),
    ),
    "image": (
        ("street photos", "chest X-rays", "leaf scans", "satellite tiles", "shelf photos", "microscope slides", "drone footage", "floor plans"),
        ("coin photos", "glacier images"),
    ),
    "table": (
        ("power loads", "house sales", "river levels", "card payments", "machine sensors", "shop stocks", "bus delays", "crop yields"),
        ("harbour traffic", "ticket sales"),
    ),
}

# What the card says it cannot do, and how a line puts it.
LIMITS = {
    "text": (
        ("inputs above 512 tokens are cut", "cuts long inputs"),
        ("slang is often misread", "weak on slang"),
        ("dialects were not in the data", "no dialects"),
        ("irony is taken literally", "misses irony"),
        ("rare names are often wrong", "weak on rare names"),
        ("numbers and dates may be wrong", "check numbers"),
        ("texts before 1950 are read badly", "weak on old texts"),
        ("tables and lists are ignored", "ignores tables"),
        ("spelling errors lower the score a lot", "needs clean spelling"),
        ("it knows nothing after 2023", "data ends in 2023"),
    ),
    "speech": (
        ("background noise halves the quality", "needs quiet audio"),
        ("children's voices were not tested", "untested on children"),
        ("strong accents fail", "fails on strong accents"),
        ("overlapping speakers are mixed up", "one speaker at a time"),
        ("recordings below 16 kHz fail", "needs 16 kHz"),
    ),
    "image": (
        ("night images fail", "daylight only"),
        ("small objects below 20 pixels are missed", "misses small objects"),
        ("motion blur is not handled", "no motion blur"),
        ("one camera type was used", "tuned to one camera"),
        ("snow and fog were not in the data", "untested in snow or fog"),
    ),
    "table": (
        ("rare events are underestimated", "underestimates rare events"),
        ("gaps in the data must be filled first", "needs gap-free data"),
        ("horizons above 30 days drift", "drifts after 30 days"),
        ("one region only", "one region only"),
        ("sudden shifts are noticed late", "slow on sudden shifts"),
    ),
}

LANGUAGES = (
    ("de", "German"), ("fr", "French"), ("es", "Spanish"), ("it", "Italian"), ("nl", "Dutch"), ("pl", "Polish"), ("cs", "Czech"), ("sv", "Swedish"),
    ("fi", "Finnish"), ("el", "Greek"), ("tr", "Turkish"), ("ar", "Arabic"), ("hi", "Hindi"), ("ja", "Japanese"), ("ko", "Korean"), ("sw", "Swahili"),
)
SIZES = ("8M", "22M", "66M", "110M", "350M", "770M", "1.3B", "3B", "7B", "13B")
LICENCES = (
    ("apache-2.0", "Apache-2.0"), ("mit", "MIT"), ("bsd-3-clause", "BSD-3"), ("cc-by-4.0", "CC-BY-4.0"), ("gpl-3.0", "GPL-3.0"), ("cc-by-nc-4.0", "non-commercial"),
)
NAMES = (
    ("kestrel", "heron", "otter", "juniper", "basalt", "meadow", "lantern", "copper", "tern", "willow", "quartz", "ember"),
    ("plover", "granite", "sorrel"),
)

REMARKS = (
    "Trained on {n},000 examples.", "Part of the {name} family.", "Runs on a laptop.", "Data collected in {y}.", "See the paper for details.",
    "Evaluated by two annotators.", "Weights in ONNX.", "Fine-tuned for {e} epochs.",
)

LAYOUTS = (
    (
        "---\nlicense: {licence_id}\n{language_field}pipeline_tag: {tag}\n---\n# {name}\n{does}. {size} parameters. {remark}\n{metric}: {value}\nLimits: {limit}.",
        "# {name}\nTask: {tag}\n{language_line}Size: {size}\nLicence: {licence}\n\n{called}. {metric} {value} on held-out data. {remark} Known limit: {limit}.",
        "{name} ({size}, {licence})\n{remark} {called}; pipeline tag {tag}. {language_line}It reaches {metric} {value}. Note that {limit}.",
        "# {name}\n\n## Use\n{does}.\n\n## Limits\n{limit_start}.\n\n## Results\n{metric} {value}. {remark}\n\n{tag}, {size} parameters, {licence}",
    ),
    ("Model card of {name}. {does}; {tag}. {remark} On held-out data, {metric} is {value}. {limit_start}. {language_line}{licence}, {size} parameters.",),
)

# What a line says after its first part: {limit} and one true extra.
GOOD = (
    ("{does}; {limit}.", "{called}, {size}; {limit}.", "{called} ({licence}); {limit}.", "{does}. {size}, {limit}.", "{called}: {limit}.", "{does}; {metric} {value}, {limit}."),
    ("{called}. Limit: {limit}.", "{does} ({size}); {limit}."),
)
NO_LIMIT = (
    ("{does}; {size}.", "{called}, {size}; {licence}.", "{called} ({licence}); easy to use.", "{does}. {size}, runs anywhere.", "{called}: {metric} {value}.", "{does}."),
    ("{called}. Licence: {licence}.", "{does} ({size}); for everyday use."),
)
CLAIMS = (
    ("never wrong", "beats every other model", "100 % accurate", "perfect on any input", "works in all languages", "better than any human", "the best in the world",
     "no errors, ever", "zero mistakes guaranteed"),
    ("flawless on everything", "no known limits"),
)
CLAIMED = (
    ("{does}; {claim}.", "{called}: {claim}!", "{does}, {claim}.", "{called}, {size}; {claim}."),
    ("{called}. {claim}.",),
)
SPAM = (
    ("BUY NOW!!! best price, {name} {name} {name}", "Free tokens for every buyer, click here", "AI AI AI model best top cheap {tag}", "Limited offer!!! 90 % off, only today",
     "Send WGH to double your money", "hot new model $$$ rate 5 stars and win", "follow us for an airdrop of {name}", "asdf qwer zxcv lorem ipsum"),
    ("WIN a prize: rate {name} five stars", "cheap cheap cheap!!! order {tag} now"),
)

KINDS = ("task", "material", "language", "limit", "no limit", "overclaim", "size", "spam", "empty")


@dataclass(frozen=True)
class Facts:
    """What is true of one model."""

    group: str
    task: tuple
    material: str
    language: tuple
    limit: tuple
    size: str
    licence: tuple
    name: str
    value: str

    def words(self):
        tag, does, called, metric, _, _ = self.task
        spoken = self.language[1] if self.language else ""
        fill = lambda text: " ".join(text.format(l=spoken, m=self.material).split())
        does, called = fill(does), fill(called)
        return {
            "tag": tag, "does": does, "called": called[0].upper() + called[1:], "metric": metric, "value": self.value, "size": self.size,
            "licence": self.licence[1], "licence_id": self.licence[0], "name": self.name,
            "language_field": f"language: {self.language[0]}\n" if self.language else "",
            "language_line": f"Language: {spoken}. " if self.language else "",
        }


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def other(rng, options, than):
    return pick(rng, [option for option in options if option != than])


def draw_facts(rng, held_out):
    part = int(held_out)
    # Text is asked for most, so half of all cards are about it.
    group = pick(rng, ("text", "text", "text", "speech", "image", "table"))
    task = pick(rng, TASKS[group])
    low, high = task[4:]
    value = low + (high - low) * float(rng.random())
    return Facts(
        group, task, pick(rng, MATERIALS[group][part]), pick(rng, LANGUAGES) if group in ("text", "speech") else None, pick(rng, LIMITS[group]),
        pick(rng, SIZES), pick(rng, LICENCES), f"{pick(rng, NAMES[part])}-{int(rng.integers(1, 10))}", f"{value:.2f}" if high < 10 else f"{value:.1f}",
    )


def write_card(rng, facts, held_out):
    remark = pick(rng, REMARKS).format(n=int(rng.integers(2, 900)), name=facts.name.split("-")[0], y=int(rng.integers(2017, 2026)), e=int(rng.integers(1, 30)))
    limit = facts.limit[0]
    return pick(rng, LAYOUTS[int(held_out)]).format(**facts.words(), remark=remark, limit=limit, limit_start=limit[0].upper() + limit[1:])


def write_good(rng, facts, held_out):
    return pick(rng, GOOD[int(held_out)]).format(**facts.words(), limit=facts.limit[1])


def write_flawed(rng, facts, kind, held_out):
    """A line with one flaw, or None if this model cannot have it."""
    part = int(held_out)
    changed = dict(vars(facts))
    if kind == "empty":
        return ""
    if kind == "spam":
        return pick(rng, SPAM[part]).format(**facts.words())
    if kind == "overclaim":
        return pick(rng, CLAIMED[part]).format(**facts.words(), claim=pick(rng, CLAIMS[part]))
    if kind == "no limit":
        return pick(rng, NO_LIMIT[part]).format(**facts.words())
    if kind == "task":
        changed["task"] = other(rng, TASKS[facts.group], facts.task)
    elif kind == "material":
        changed["material"] = other(rng, MATERIALS[facts.group][part], facts.material)
    elif kind == "language":
        if not facts.language:
            return None
        changed["language"] = other(rng, LANGUAGES, facts.language)
    elif kind == "limit":
        changed["limit"] = other(rng, LIMITS[facts.group], facts.limit)
    elif kind == "size":
        # Only a line that gives a size can give a wrong one.
        changed["size"] = other(rng, SIZES, facts.size)
        sized = [pattern for pattern in GOOD[part] if "{size}" in pattern]
        wrong = Facts(**changed)
        return pick(rng, sized).format(**wrong.words(), limit=wrong.limit[1])
    return write_good(rng, Facts(**changed), held_out)


def fits(line):
    return len(line.encode()) <= LINE_BYTES


def draw_list(rng, kinds, held_out):
    """A card, its candidates in random order, which of them is good, and the flaw of each (None for the good one)."""
    while True:
        facts = draw_facts(rng, held_out)
        card = write_card(rng, facts, held_out)
        lines = [(write_good(rng, facts, held_out), None)]
        for index in rng.permutation(len(kinds)):
            if len(lines) == CANDIDATES:
                break
            line = write_flawed(rng, facts, kinds[index], held_out)
            if line is not None:
                lines.append((line, kinds[index]))
        if len(card.encode()) <= CARD_BYTES and len(lines) == CANDIDATES and all(fits(line) for line, _ in lines):
            order = rng.permutation(CANDIDATES)
            lines = [lines[index] for index in order]
            flaws = [flaw for _, flaw in lines]
            return card, [line for line, _ in lines], flaws.index(None), flaws


def draw_lists(rng, count, kinds, held_out):
    return [draw_list(rng, kinds, held_out) for _ in range(count)]
