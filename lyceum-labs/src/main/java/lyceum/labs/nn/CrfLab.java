package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.FeatureCrf;
import lyceum.nn.FeatureCrfModel;
import lyceum.nn.TagConstraints;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** Names of people and places, some of them unknown: the best tag of each word alone is no legal tagging, the best sequence is. */
@Lab(topics = "crf", title = "No I without a B")
final class CrfLab implements LabBody {
    private static final String[] TAGS = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"}, FIRST = {"Ada", "Grace", "Alan", "Washington", "Paris"},
            LAST = {"Lovelace", "Hopper", "Turing", "York", "Lincoln"},
            PLACES = {"Paris", "Lincoln", "Washington", "New York", "San Marino"}, VERBS = {"visited", "left", "loves", "drew"};

    private record Sentence(String[] words, int[] tags) {}

    @Override public void run(LabContext lab) {
        double unknown = lab.param("unknown names", 0.35, 0.0, 0.9), penalty = lab.param("L2", 0.5, 0.01, 10.0);
        int sentences = lab.param("sentences", 100, 20, 1000);
        var rng = lab.rng(1);
        var train = new ArrayList<Sentence>();
        for (int i = 0; i < sentences; i++) train.add(speak(rng, unknown));
        var numbers = new LinkedHashMap<String, Integer>();
        for (var s : train) for (var word : s.words) numbers.putIfAbsent(word, numbers.size());
        var model = new FeatureCrf(TagConstraints.bio(TAGS)).withL2(penalty).fit(
                train.stream().map(s -> features(s, numbers)).toArray(int[][][]::new),
                train.stream().map(Sentence::tags).toArray(int[][]::new), numbers.size(), lab.progress());

        int broken = 0, alone = 0, together = 0, illegal = 0, tokens = 0;
        var rows = new ArrayList<List<?>>();
        for (int i : lab.progress("fresh sentences", 200)) {
            var s = speak(rng, unknown);
            int[] each = model.emissions(features(s, numbers)).argmax(1).toIntArray(), best = model.tag(features(s, numbers));
            for (int t = 0; t < best.length; t++) {
                if (each[t] == s.tags[t]) alone++;
                if (best[t] == s.tags[t]) together++;
                tokens++;
            }
            if (breaks(best)) illegal++;
            if (!breaks(each)) continue;
            broken++;
            if (rows.size() < 6) rows.add(List.of(String.join(" ", s.words), names(each), names(best), names(s.tags)));
        }
        lab.table("Broken, and repaired", List.of("sentence", "best tag of each word", "best sequence (Viterbi)", "truth"), rows);
        heat(lab, model);
        lab.say("Each word alone breaks the rules in %d of 200 sentences and is right for %.1f%% of the words; the best sequence is right for %.1f%%.",
                broken, 100.0 * alone / tokens, 100.0 * together / tokens);
        lab.shows("sentences whose best sequence breaks the rules", illegal, equalTo(0, 0));
        lab.shows("points of accuracy that the chain brings", 100.0 * (together - alone) / tokens, above(0));
    }

    private static void heat(LabContext lab, FeatureCrfModel model) {
        double[][] learned = model.crf().transitions().detach().to(DType.F64).toRows();
        var allowed = model.crf().constraints().transitions();
        for (int i = 0; i < TAGS.length; i++) for (int j = 0; j < TAGS.length; j++) if (!allowed[i][j]) learned[i][j] = Double.NaN;
        lab.figure(Figure.heatmap("Which tag follows which", learned, TAGS, TAGS).axes("to", "from").measuring("score").diverging()
                .describedAs(
                        "Learned transition scores, empty where forbidden: an inside tag follows its own kind, and words outside follow names."));
    }

    private static Sentence speak(Rng rng, double unknown) {
        var words = new ArrayList<String>();
        var tags = new ArrayList<Integer>();
        person(words, tags, rng, unknown);
        add(words, tags, VERBS[rng.nextInt(VERBS.length)], 0);
        if (rng.nextInt(3) == 0) person(words, tags, rng, unknown);
        else {
            add(words, tags, "old", 0);
            var parts = PLACES[rng.nextInt(PLACES.length)].split(" ");
            for (int i = 0; i < parts.length; i++) add(words, tags, hidden(parts[i], rng, unknown), i == 0 ? 3 : 4);
        }
        return new Sentence(words.toArray(String[]::new), tags.stream().mapToInt(Integer::intValue).toArray());
    }

    private static void person(List<String> words, List<Integer> tags, Rng rng, double unknown) {
        add(words, tags, hidden(FIRST[rng.nextInt(FIRST.length)], rng, unknown), 1);
        if (rng.nextInt(3) > 0) add(words, tags, hidden(LAST[rng.nextInt(LAST.length)], rng, unknown), 2);
    }

    private static void add(List<String> words, List<Integer> tags, String word, int tag) {
        words.add(word);
        tags.add(tag);
    }

    /** A name that nobody has heard of. */
    private static String hidden(String name, Rng rng, double unknown) { return rng.nextDouble() < unknown ? "Xyz" : name; }

    private static int[][] features(Sentence s, Map<String, Integer> numbers) {
        return Arrays.stream(s.words).map(w -> numbers.containsKey(w) ? new int[] {numbers.get(w)} : new int[0]).toArray(int[][]::new);
    }

    private static boolean breaks(int[] tags) {
        for (int t = 0; t < tags.length; t++) {
            int before = t == 0 ? 0 : tags[t - 1];
            if (tags[t] == 2 && before != 1 && before != 2 || tags[t] == 4 && before != 3 && before != 4) return true;
        }
        return false;
    }

    private static String names(int[] tags) { return String.join(" ", Arrays.stream(tags).mapToObj(t -> TAGS[t]).toList()); }
}
