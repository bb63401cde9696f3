package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.retrieval.ColBert;
import lyceum.retrieval.FlatIndex;
import lyceum.retrieval.VectorMetric;

/** Which token of a passage answers which token of a question, and what a mean of all tokens forgets. */
@Lab(topics = "colbert", title = "Every word finds its partner")
final class ColBertLab implements LabBody {
    private static final int D = 64;
    private static final double[] SIZES = {2, 4, 8, 16, 24};
    /** Words of like meaning stand together. */
    private static final List<List<String>> MEANINGS = List.of(List.of("fee", "costs", "price"), List.of("lost", "missing", "gone"),
            List.of("card", "cards"), List.of("for", "a"), List.of("replacing"), List.of("delivery"), List.of("days"),
            List.of("twenty", "four"), List.of("euros"));

    @Override public void run(LabContext lab) {
        int documents = lab.param("documents", 300, 50, 2000);
        double noise = lab.param("noise", 0.3, 0, 1);
        var rng = lab.rng(1);
        var lexicon = new LinkedHashMap<String, float[]>();
        for (var words : MEANINGS) {
            var meaning = near(rng, new float[D], 1);
            for (var word : words) lexicon.put(word, near(rng, meaning, 0.6));
        }
        String[] query = "fee for lost card".split(" "),
                passage = "replacing a missing card costs twenty euros delivery four days".split(" ");
        float[][] q = Arrays.stream(query).map(lexicon::get).toArray(float[][]::new),
                d = Arrays.stream(passage).map(lexicon::get).toArray(float[][]::new);
        var grid = new double[query.length][passage.length];
        for (int i = 0; i < query.length; i++)
            for (int j = 0; j < passage.length; j++) grid[i][j] = ColBert.maxSim(new float[][] {q[i]}, new float[][] {d[j]});
        lab.figure(Figure.heatmap("Cosines of tokens", grid, query, passage).axes("token of the passage", "token of the query").describedAs(
                "How alike each token of 'fee for lost card' is to each token of a passage about replacing cards: one bright cell in each row."));
        lab.shows("the sum of the best cosines", ColBert.maxSim(q, d), atLeast(3));

        var words = new float[600][];
        for (int w = 0; w < words.length; w++) words[w] = near(rng, new float[D], 1);
        double[] late = new double[SIZES.length], pooled = new double[SIZES.length];
        for (int s = 0; s < SIZES.length; s++) {
            var texts = new LinkedHashMap<String, float[][]>();
            var means = new FlatIndex(D, VectorMetric.COSINE);
            var about = new int[documents][(int) SIZES[s]];
            for (int i = 0; i < documents; i++) {
                var tokens = new float[(int) SIZES[s]][];
                for (int f = 0; f < tokens.length; f++) tokens[f] = near(rng, words[about[i][f] = rng.nextInt(600)], noise);
                texts.put("" + i, tokens);
                means.add(i, mean(tokens));
            }
            var index = ColBert.build(new ColBert.Options(), texts);
            for (int t = 0; t < 50; t++) {
                int target = rng.nextInt(documents);
                var asked = new float[2][];
                for (int i = 0; i < 2; i++) asked[i] = near(rng, words[about[target][i]], noise);
                if (index.search(asked, 1).getFirst().id().equals("" + target)) late[s] += 0.02;
                if (means.search(mean(asked), 1).getFirst().id() == target) pooled[s] += 0.02;
            }
        }
        lab.figure(Figure.line("A question about two of many facets", SIZES, late).named("a vector for each token")
                .line("their mean", SIZES, pooled).axes("facets of a document", "right document first").describedAs(
                        "Share of questions whose document comes first, for a vector for each token and for their mean, by facets of a document."));
        lab.shows("right first with a vector for each token", late[4], atLeast(0.8));
        lab.shows("right first with the mean", pooled[4], below(late[4]));
    }

    private static float[] near(Rng rng, float[] centre, double noise) {
        var v = new float[D];
        double square = 0;
        for (int i = 0; i < D; i++) {
            v[i] = (float) (centre[i] + noise / Math.sqrt(D) * rng.nextGaussian());
            square += v[i] * v[i];
        }
        for (int i = 0; i < D; i++) v[i] /= (float) Math.sqrt(square);
        return v;
    }

    private static float[] mean(float[][] tokens) {
        var mean = new float[D];
        for (var token : tokens) for (int i = 0; i < D; i++) mean[i] += token[i] / tokens.length;
        return mean;
    }
}
