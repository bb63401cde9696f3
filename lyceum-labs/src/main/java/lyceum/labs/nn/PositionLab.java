package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionConfig;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RelativePosition;
import lyceum.nn.SinusoidalPositions;
import lyceum.nn.TransformerEncoder;
import lyceum.plot.Figure;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Sinusoids, tables and offsets: what a score knows of the distance, and what is left of it beyond the length of training. */
@Lab(topics = {"positional-encoding", "sinusoidal-positional-encoding", "absolute-position-encoding", "relative-position-encoding"},
        title = "How order gets in")
final class PositionLab implements LabBody {

    @Override public void run(LabContext lab) {
        int length = lab.param("trained length", 16, 12, 32), clip = lab.param("clip", 8, 5, 16), steps = lab.param("steps", 250, 100, 999);
        sinusoids(lab);
        gallery(lab);
        beyond(lab, length, steps, clip);
    }

    private static void sinusoids(LabContext lab) {
        var table = new SinusoidalPositions(64, 10_000, true, 1, 0).table(0, 100, DType.F64);
        var dots = table.matmul(table.transpose());
        lab.figure(Figure.heatmap("Sinusoids of 100 positions", table).axes("dimension", "position").diverging()
                .describedAs("Fast waves left, slow ones right: a binary counter with smooth digits."));
        lab.figure(Figure.plot("Dot product of two codes").line("from position 0", 0, dots.get(0).narrow(0, 0, 50))
                .line("from position 50", 0, dots.get(50).narrow(0, 50, 50)).dashed().axes("distance (positions)", "dot product")
                .describedAs("32 at no distance, falling away from it, the same from wherever one starts."));
        double spread = dots.get(0).narrow(0, 0, 50).sub(dots.get(50).narrow(0, 50, 50)).abs().max().item();
        lab.shows("sinusoidal-positional-encoding", "spread of dot products over two starts", spread, below(1e-10));
    }

    /** Logits of a query at 40 with keys before it, query and key alike but for what tells their position. */
    private static void gallery(LabContext lab) {
        var schemes = new LinkedHashMap<String, PositionalEncoding>();
        schemes.put("rotary", PositionalEncoding.rotary(16));
        schemes.put("ALiBi", PositionalEncoding.alibi());
        schemes.put("Shaw, clipped at 8", new RelativePosition.Offsets(8, false));
        schemes.put("T5's buckets", RelativePosition.t5(false));
        schemes.put("Transformer-XL", RelativePosition.transformerXl());
        var plot = Figure.plot("Logits against distance").axes("distance of the key (positions)", "logit over that at no distance");
        var same = Tensor.randn(lab.rng(1), DType.F64, 1, 1, 16).expand(1, 41, 16);
        for (var scheme : schemes.entrySet()) {
            var config = new AttentionConfig(16, 1).withDtype(DType.F64).withPositions(scheme.getValue());
            var layer = new MultiHeadAttention(config, lab.rng(2));
            double[] logs = layer.weights(same, same).values().log().reshape(41, 41).get(40).flip(0).toDoubleArray();
            plot = plot.line(scheme.getKey(), 0, Arrays.stream(logs).map(v -> v - logs[0]).toArray());
            double fall = (logs[0] - logs[40]) / 40, slope = Attention.alibiSlope(0, 1);
            if (scheme.getKey().equals("ALiBi")) lab.shows("positional-encoding", "slope less 2^-8", Math.abs(fall - slope), below(1e-12));
        }
        lab.figure(plot.describedAs("A line, a curve of waves, steps and plateaus: untrained, of one head whose tokens are all alike."));
    }

    private static void beyond(LabContext lab, int length, int steps, int clip) {
        var schemes = new LinkedHashMap<String, PositionalEncoding>();
        schemes.put("learned table", PositionalEncoding.learned(2L * length));
        schemes.put("Shaw's offsets", RelativePosition.shaw(clip));
        var plot = Figure.plot("The token five places earlier, by position").axes("position", "share that is right");
        var tail = new LinkedHashMap<String, Double>();
        for (var scheme : schemes.entrySet()) {
            var rng = lab.rng(4);
            var model = Stretches.stack(Stretches.config(32, scheme.getValue()), 1, 8, lab.rng(5));
            Stretches.train(model, steps, 1e-2, () -> Stretches.fiveEarlier(rng, 8, 24, length));
            double[] right = Stretches.accuracy(model, Stretches.fiveEarlier(lab.rng(6), 8, 200, 2 * length));
            tail.put(scheme.getKey(), Arrays.stream(right, length, 2 * length).average().orElse(0));
            plot = plot.line(scheme.getKey(), 0, right);
            var state = model.state();
            if (scheme.getKey().equals("learned table")) {
                var rows = state.get("1.positions.weight").detach();
                var unit = rows.div(rows.square().sum(1, true).sqrt());
                lab.figure(Figure.heatmap("Likeness of the table's rows", unit.matmul(unit.transpose())).axes("position", "position")
                        .diverging().describedAs("Cosines of rows: beyond the trained length they are as they began."));
            } else {
                var layer = ((TransformerEncoder) model.modules().get("1")).layers().getFirst().attention();
                var norms = layer.state().get("positions.keys").detach().square().sum(1, false).sqrt();
                lab.figure(
                        Figure.plot("Length of Shaw's vectors").line("keys", -clip, norms).axes("offset of the key (positions)", "length")
                                .describedAs("The vector that the task needs, five places back, has grown."));
            }
        }
        lab.figure(plot.verticalLine(length - 0.5, "trained length").describedAs("The table falls off its end, offsets carry on."));
        lab.shows("absolute-position-encoding", "share right beyond the table's trained rows", tail.get("learned table"), below(0.6));
        lab.shows("relative-position-encoding", "by offsets", tail.get("Shaw's offsets"), above(0.8));
    }
}
