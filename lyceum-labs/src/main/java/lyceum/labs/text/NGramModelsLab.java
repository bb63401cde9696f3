package lyceum.labs.text;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Temperature;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NGramSmoothing;

/** Text that looks more and more like the King James Bible as the context grows, and what smoothing is worth on verses that were held out. */
@Lab(topics = "n-gram-lm", title = "The Bible by dice, and a league of smoothings")
final class NGramModelsLab implements LabBody {
    private static final List<String> MARKS = List.of("<s>", "</s>", "<unk>");

    @Override public void run(LabContext lab) {
        int verses = lab.param("verses to learn from", 5000, 1000, 28_000), length = lab.param("words to write", 24, 5, 100);
        int order = lab.param("order of the league", 3, 2, 5);
        var words = new ArrayList<>(MARKS);
        List<int[]> train = new ArrayList<>(), heldOut = new ArrayList<>();
        read(verses, words, train, heldOut);
        var estimator = new NGramEstimator(order, words.size()).withMarks(0, 1).withUnknown(2);

        var written = new ArrayList<List<?>>();
        for (int n = 1; n <= 5; n++) {
            int[] drawn = estimator.withOrder(n).fit(train).sample(new int[0], length, new Temperature(1), lab.rng(n));
            written.add(List.of(n, Arrays.stream(drawn).mapToObj(words::get).collect(Collectors.joining(" "))));
        }
        lab.table("Written by models of order 1 to 5", List.of("order", "a verse"), written);

        Map<String, NGramSmoothing> league = new LinkedHashMap<>();
        league.put("Laplace", new NGramSmoothing.AddK(1));
        league.put("add 0.01", new NGramSmoothing.AddK(0.01));
        league.put("Katz", new NGramSmoothing.Katz());
        league.put("Witten-Bell", new NGramSmoothing.WittenBell());
        league.put("Jelinek-Mercer", new NGramSmoothing.JelinekMercer());
        league.put("absolute discount", new NGramSmoothing.AbsoluteDiscount());
        league.put("Kneser-Ney", new NGramSmoothing.KneserNey(false));
        league.put("modified Kneser-Ney", new NGramSmoothing.KneserNey());
        var test = heldOut.subList(heldOut.size() / 2, heldOut.size());
        var perplexity = new HashMap<String, Double>();
        double worst = 0;
        for (var each : league.entrySet()) {
            var model = estimator.withSmoothing(each.getValue()).fit(train, heldOut.subList(0, heldOut.size() / 2));
            perplexity.put(each.getKey(), model.evaluate(test).perplexity());
            double sum = Arrays.stream(model.after(test.getFirst()[0]).logProbabilities()).map(Math::exp).sum();
            worst = Math.max(worst, Math.abs(1 - sum));
        }
        var names = league.keySet().stream().sorted((a, b) -> Double.compare(perplexity.get(b), perplexity.get(a))).toList();
        lab.figure(Figure
                .bar("Perplexity on verses held out", names.toArray(String[]::new), names.stream().mapToDouble(perplexity::get).toArray())
                .horizontal().axes("perplexity", "smoothing").describedAs(
                        "Perplexity a word of eight smoothings of the same counts: from adding one, the worst, to modified Kneser-Ney."));
        double plain = estimator.withSmoothing(new NGramSmoothing.Mle()).fit(train).evaluate(test).perplexity();
        lab.say("%,d verses, %,d words. Without smoothing the perplexity is %s; with modified Kneser-Ney it is %.1f.", train.size(),
                words.size(), plain, perplexity.get("modified Kneser-Ney"));
        lab.shows("perplexity without smoothing", plain, exactly(Double.POSITIVE_INFINITY));
        lab.shows("modified Kneser-Ney over Laplace", perplexity.get("modified Kneser-Ney") / perplexity.get("Laplace"), below(1));
        lab.shows("largest |sum - 1| after a word", worst, atMost(1e-9));
    }

    /** Every tenth verse is held out; its words that the others do not have are unknown. */
    static void read(int most, List<String> words, List<int[]> train, List<int[]> heldOut) {
        var lines = Corpora.kingJames().stream().flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines()).limit(most)
                .map(l -> l.replaceAll("[^a-z]+", " ").strip().split(" ")).toList();
        var numbers = new HashMap<String, Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (i % 10 == 9) continue;
            train.add(Arrays.stream(lines.get(i)).mapToInt(w -> numbers.computeIfAbsent(w, _ -> {
                words.add(w);
                return words.size() - 1;
            })).toArray());
        }
        for (int i = 9; i < lines.size(); i += 10)
            heldOut.add(Arrays.stream(lines.get(i)).mapToInt(w -> numbers.getOrDefault(w, 2)).toArray());
    }
}
