package lyceum.data.curation;

import java.util.Locale;
import java.util.Set;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.LanguageId;

/**
 * Keeps documents in given languages.
 *
 * @param languages   two-letter codes
 * @param identifier  tells them
 * @param leastMargin by how many nats a letter triple the language must beat the next, 0.02 by default
 */
public record LanguageFilter(Set<String> languages, LanguageId identifier, double leastMargin) implements Stage {
    public LanguageFilter {
        languages = Set.copyOf(languages);
        for (var language : languages)
            if (!identifier.languages().contains(language)) throw new IllegalArgumentException(
                    "LanguageFilter: language '" + language + "' is not one of those that can be told: " + identifier.languages());
    }

    /** By the bundled profiles. */
    public LanguageFilter(String... languages) { this(Set.of(languages), LanguageId.bundled(), 0.02); }

    @Override public String name() { return "language"; }

    @Override public Judgement judge(Document document) {
        var guess = identifier.identify(document.text());
        if (languages.contains(guess.language()) && guess.margin() >= leastMargin) return Judgement.keep(document);
        return Judgement.drop("language " + (guess.language().isEmpty() ? "?" : guess.language()),
                String.format(Locale.ROOT, "language '%s' by %.3f nats a triple; kept are %s by %.3f or more", guess.language(),
                        guess.margin(), languages, leastMargin));
    }
}
