package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.eval.Perplexity;
import lyceum.llm.eval.PerplexityReport;
import lyceum.llm.eval.ScoredText;
import lyceum.plot.Figure;
import lyceum.text.lm.NGramEstimator;

/** One text under models of letters and of pairs of letters: where each is surprised, and what four ways to count make of it. */
@Lab(topics = "perplexity", title = "Perplexity by the token, the word, the letter and the byte")
final class PerplexityLab implements LabBody {
    private static final int LETTERS = 28; // blank, a to z, and a mark

    @Override public void run(LabContext lab) {
        int train = lab.param("verses to learn from", 2000, 200, 20_000), held = lab.param("verses to score", 150, 20, 2000);
        var text = lab.choice("sentence", "and god said let there be light", "and god said let there be light",
                "the tale wags its dog quite gently", "zyx qwv the lord pqj of hosts");
        var verses = Corpora.kingJames().stream().flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines())
                .map(v -> v.replaceAll("[^a-z]+", " ").strip()).filter(v -> v.length() > 20).map(v -> v.length() % 2 == 0 ? v : v + " ")
                .limit(train + held).toList();
        List<String> first = verses.subList(0, train), last = verses.subList(train, verses.size());
        var reports = new LinkedHashMap<String, PerplexityReport>();
        var rows = new ArrayList<List<?>>();
        var surprise = new ArrayList<double[]>();
        for (int order : new int[] {1, 2, 3, 5})
            score(order + (order == 1 ? " letter" : " letters"), order, LETTERS, PerplexityLab::letters, first, last, text, reports,
                    surprise);
        score("2 pairs of letters", 2, LETTERS * LETTERS, PerplexityLab::pairs, first, last, text, reports, surprise);
        reports.forEach((name, r) -> rows.add(List.of(name, r.perplexity(), r.perWord(), r.perCharacter(), r.bitsPerByte())));
        lab.table("The same verses, four ways to count",
                List.of("context and token", "of a token", "of a word", "of a character", "bits per byte"), rows);
        lab.figure(Figure
                .heatmap("Surprise at each letter of the sentence", surprise.toArray(double[][]::new),
                        reports.keySet().stream().limit(surprise.size()).toArray(String[]::new), text.split(""))
                .axes("letter", "model, by the letters it looks at").describedAs(
                        "Bits of surprise by letter, a row a model: the first letters of a word are bright, its ending is dark where the model sees enough of the word."));
        var three = reports.get("3 letters");
        var compared = reports.get("2 pairs of letters").comparedTo(three, 0.95, 300, lab.rng(1));
        var interval = three.interval(0.95, 300, lab.rng(2));
        lab.say("Perplexity of a token says %.1f for pairs and %.1f for letters. Per byte the pairs' model is at %+.3f bits from the trigrams (95%%: %+.3f to %+.3f).",
                reports.get("2 pairs of letters").perplexity(), three.perplexity(), compared.bits(), compared.interval().low(),
                compared.interval().high());
        lab.say("With other verses of this kind the trigrams' %.2f would lie between %.2f and %.2f.", three.perplexity(), interval.low(),
                interval.high());
        lab.shows("of a character, less of a token, in a model of letters", Math.abs(three.perCharacter() - three.perplexity()),
                atMost(1e-9));
        lab.shows("more context, fewer bits per byte", three.bitsPerByte() - reports.get("1 letter").bitsPerByte(), below(0));
    }

    /** Learns from texts, scores others, and where a token is a letter, one sentence. */
    private static void score(String name, int order, int vocabulary, Function<String, int[]> tokens, List<String> train, List<String> held,
            String text, LinkedHashMap<String, PerplexityReport> reports, List<double[]> surprise) {
        var model = new NGramEstimator(order, vocabulary).withMarks(vocabulary - 1, -1).fit(train.stream().map(tokens).toList());
        reports.put(name, new Perplexity().of(model, held.stream().map(v -> ScoredText.of(v, "", tokens)).toList()));
        if (vocabulary > LETTERS) return;
        double[] nats = new Perplexity().of(model, List.of(ScoredText.of(text, "", tokens))).surprisals(0);
        surprise.add(IntStream.range(0, nats.length).mapToDouble(t -> nats[t] / Math.log(2)).toArray());
    }

    private static int[] letters(String s) { return s.chars().map(c -> c == ' ' ? 0 : c - 'a' + 1).toArray(); }

    private static int[] pairs(String s) {
        int[] one = letters(s);
        return IntStream.range(0, one.length / 2).map(i -> one[2 * i] * LETTERS + one[2 * i + 1]).toArray();
    }
}
