package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.FlatIndex;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.TextAnalyzer;
import lyceum.retrieval.VectorEncoding;
import lyceum.retrieval.VectorHit;
import lyceum.retrieval.VectorMetric;
import lyceum.text.encoder.SentenceEncoder;

/** How little of a vector is enough, and what words find that rounding would blur. */
@Lab(topics = "dense-vector", title = "Four bytes, one byte, one bit")
final class DenseVectorLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("vectors", 4000, 500, 20_000), dimensions = lab.param("dimensions", 128, 16, 768),
                rescored = lab.param("rescored", 100, 10, 1000);
        double noise = lab.param("noise", 1.0, 0.1, 3);
        var names = List.of("float32", "float16", "int8", "binary", "binary, rescored");
        var indexes = List.of(new FlatIndex(dimensions, VectorMetric.COSINE),
                new FlatIndex(dimensions, VectorMetric.COSINE, VectorEncoding.FLOAT16, 0),
                new FlatIndex(dimensions, VectorMetric.COSINE, VectorEncoding.INT8, 0),
                new FlatIndex(dimensions, VectorMetric.COSINE, VectorEncoding.BINARY, 0),
                new FlatIndex(dimensions, VectorMetric.COSINE, VectorEncoding.BINARY, rescored));
        var rng = lab.rng(1);
        var centres = new double[50][dimensions];
        for (var centre : centres) for (int i = 0; i < dimensions; i++) centre[i] = rng.nextGaussian();
        var queries = new ArrayList<float[]>();
        for (int i = 0; i < n + 50; i++) {
            var vector = new float[dimensions];
            var centre = centres[rng.nextInt(centres.length)];
            for (int k = 0; k < dimensions; k++) vector[k] = (float) (centre[k] + noise * rng.nextGaussian());
            if (i >= n) queries.add(vector);
            else for (var index : indexes) index.add(i, vector);
        }
        var recall = new double[5];
        for (var query : queries) {
            var truth = indexes.getFirst().search(query, 10).stream().map(VectorHit::id).toList();
            for (int e = 0; e < 5; e++)
                for (var hit : indexes.get(e).search(query, 10)) if (truth.contains(hit.id())) recall[e] += 1 / 500.0;
        }
        lab.figure(Figure.bar("Recall of the ten nearest by encoding", names.toArray(String[]::new), recall).axes("encoding", "recall@10")
                .describedAs("The share of the ten nearest by float32 that each encoding finds: one bit alone loses many, rescored few."));
        int[] bytes = {4 * dimensions, 2 * dimensions, dimensions, (dimensions + 63) / 64 * 8, (dimensions + 63) / 64 * 8 + 4 * dimensions};
        lab.table("What a vector takes", List.of("encoding", "bytes", "recall@10"),
                List.of(0, 1, 2, 3, 4).stream().map(e -> List.of(names.get(e), bytes[e], recall[e])).toList());

        var words = new InvertedIndex(new TextAnalyzer());
        var codes = new ArrayList<String>();
        for (int i = 0; i < 200; i++) {
            codes.add("xk" + (4000 + rng.nextInt(1_000_000)));
            words.add("part " + i, "replacement pump for the cooling circuit, part " + codes.getLast());
        }
        int found = 0;
        for (int i = 0; i < 200; i++)
            if (codes.indexOf(codes.get(i)) == i && words.cosine(codes.get(i), 1).getFirst().id().equals("part " + i)) found++;
        lab.say("A sparse term vector of such a part has 8 numbers of %d that are not 0; its rare code alone finds it.", 7 + 200);
        lab.shows("codes found at the first place by sparse vectors", found, atLeast(198));
        lab.shows("hits of a query in other words", words.cosine("coolant impeller", 10).size(), exactly(0));
        if (SentenceEncoder.hasMiniLm()) sentences(lab);
        lab.shows("recall of int8", recall[2], atLeast(0.9));
        lab.shows("recall of bits, rescored", recall[4], atLeast(0.7));
    }

    /** The same texts as vectors of an encoder and as terms. */
    private static void sentences(LabContext lab) {
        var texts = List.of("How to buy a car", "A doctor cured the baby", "The king gave up his throne", "Spare pump xk4471",
                "Spare pump xk4417");
        var queries = List.of("purchase an automobile", "the physician treated the infant", "the monarch abdicated", "xk4471", "xk4417");
        var encoder = SentenceEncoder.miniLm();
        var dense = new FlatIndex(encoder.dimension(), VectorMetric.COSINE);
        var sparse = new InvertedIndex(new TextAnalyzer());
        for (int i = 0; i < texts.size(); i++) {
            dense.add(i, encoder.encode(texts.get(i)));
            sparse.add(String.valueOf(i), texts.get(i));
        }
        var rows = new ArrayList<List<?>>();
        int right = 0;
        for (int q = 0; q < queries.size(); q++) {
            var near = dense.search(encoder.encode(queries.get(q)), 2);
            var found = sparse.cosine(queries.get(q), 1);
            if (near.getFirst().id() == q) right++;
            rows.add(List.of(queries.get(q), texts.get((int) near.getFirst().id()), near.getFirst().score() - near.getLast().score(),
                    found.isEmpty() ? "nothing" : texts.get(Integer.parseInt(found.getFirst().id()))));
        }
        lab.table("The same query under dense and sparse", List.of("query", "nearest vector", "lead over the next", "nearest terms"), rows);
        lab.say("Other words leave terms with nothing or an article. A code is a word to them; to the encoder the next one is nearly as good.");
        lab.shows("texts that the encoder finds, of five", right, atLeast(4));
    }
}
