package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.FlatIndex;
import lyceum.retrieval.Hnsw;
import lyceum.retrieval.VectorEncoding;
import lyceum.retrieval.VectorHit;
import lyceum.retrieval.VectorMetric;

/** A search that comes down through the layers, and what recall costs. */
@Lab(topics = "hnsw", title = "Motorway, country road, street")
final class HnswLab implements LabBody {
    private static final int[] EF = {10, 20, 40, 80, 160, 320};

    @Override public void run(LabContext lab) {
        int n = lab.param("vectors", 4000, 500, 20_000), m = lab.param("m", 8, 2, 48);
        double noise = lab.param("noise", 0.5, 0.05, 3);
        var rng = lab.rng(1);
        var plane = new float[n][2];
        var flat = new Hnsw(2, VectorMetric.L2, VectorEncoding.FLOAT32, 4, 20, 1);
        for (int i = 0; i < Math.min(n, 1500); i++) {
            plane[i] = new float[] {(float) rng.nextDouble(), (float) rng.nextDouble()};
            flat.add(i, plane[i]);
        }
        float[] target = {0.9f, 0.85f};
        var steps = flat.descent(target);
        double[] x = new double[steps.size() + 1], y = new double[steps.size() + 1];
        var last = flat.search(target, 1, 20).getFirst();
        for (int i = 0; i < x.length; i++) {
            long id = i < steps.size() ? steps.get(i).id() : last.id();
            x[i] = plane[(int) id][0];
            y[i] = plane[(int) id][1];
        }
        lab.figure(Figure.line("A search in the plane", x, y).named("the way")
                .points("the query", new double[] {target[0]}, new double[] {target[1]}).axes("x", "y")
                .describedAs("The way of one search from the entry through the upper layers to the nearest point: long steps first."));
        lab.table("Step by step", List.of("layer", "point", "distance"),
                steps.stream().map(s -> List.of(s.layer(), s.id(), Math.sqrt(Math.max(0, -s.score())))).toList());

        var centres = new double[50][32];
        for (var centre : centres) for (int i = 0; i < 32; i++) centre[i] = rng.nextGaussian();
        var graph = new Hnsw(32, VectorMetric.L2, VectorEncoding.FLOAT32, m, Math.max(m, 60), 1);
        var exact = new FlatIndex(32, VectorMetric.L2);
        var queries = new ArrayList<float[]>();
        for (int i = 0; i < n + 50; i++) {
            var vector = new float[32];
            var centre = centres[rng.nextInt(50)];
            for (int k = 0; k < 32; k++) vector[k] = (float) (centre[k] + noise * rng.nextGaussian());
            if (i >= n) queries.add(vector);
            else {
                graph.add(i, vector);
                exact.add(i, vector);
            }
        }
        var truth = queries.stream().map(q -> exact.search(q, 10).stream().map(VectorHit::id).toList()).toList();
        double[] recall = new double[EF.length], share = new double[EF.length];
        for (int e = 0; e < EF.length; e++) {
            for (int q = 0; q < 50; q++) {
                var found = graph.find(queries.get(q), 10, EF[e], _ -> true);
                for (var hit : found.hits()) if (truth.get(q).contains(hit.id())) recall[e] += 1 / 500.0;
                share[e] += found.computations() / 50.0 / n;
            }
        }
        lab.figure(Figure.line("What recall costs", share, recall).axes("share of all distances computed", "recall@10")
                .describedAs("Recall of the ten nearest against the share of distances that were computed, for ef from 10 to 320."));
        lab.table("By ef", List.of("ef", "recall@10", "share of distances"),
                List.of(0, 1, 2, 3, 4, 5).stream().map(e -> List.of(EF[e], recall[e], share[e])).toList());
        lab.shows("recall at the largest ef", recall[EF.length - 1], atLeast(0.9));
        lab.shows("share of distances at ef 10", share[0], below(0.5));
    }
}
