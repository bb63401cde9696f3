package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.weights.TaskVector;
import lyceum.llm.weights.TiesMerging;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** Where fine-tunes disagree about the direction of a weight, layer by layer: before trimming, after it, and who is overruled. */
@Lab(topics = "ties-merging", title = "Votes on the sign of a weight")
final class TiesLab implements LabBody {
    @Override public void run(LabContext lab) {
        double density = lab.param("density", 0.2, 0.05, 1.0);
        int width = lab.param("width", 48, 8, 128);
        var data = DigitTasks.of(lab);
        var base = DigitTasks.tuned(DigitTasks.fresh(width, lab.rng(1)), data.train().head(300), 5e-3, 4, lab.rng(2));
        var arrows = new ArrayList<TaskVector>();
        for (int task = 0; task < 3; task++) {
            var set = task < 2 ? DigitTasks.half(data.train(), task) : data.train().head(400);
            arrows.add(TaskVector.between(base.state(), DigitTasks.tuned(base, set, 2e-3, 5, lab.rng(3 + task)).state()));
        }
        var ties = new TiesMerging().withDensity(density);
        var layers = new ArrayList<>(arrows.getFirst().deltas().keySet());
        double[] before = new double[layers.size()], after = new double[layers.size()], left = new double[layers.size()];
        for (int i = 0; i < layers.size(); i++) {
            var name = layers.get(i);
            var changes = arrows.stream().map(a -> a.deltas().get(name)).toList();
            var trimmed = changes.stream().map(ties::trimmed).toList();
            var sign = ties.elected(trimmed);
            before[i] = conflicts(changes);
            after[i] = conflicts(trimmed);
            left[i] = conflicts(trimmed.stream().map(t -> t.mul(sign).relu().mul(sign)).toList());
        }
        lab.figure(Figure
                .bars("Entries on whose sign the fine-tunes disagree", layers.toArray(String[]::new), Series.of("as tuned", before),
                        Series.of("after trimming", after), Series.of("after the election", left))
                .axes("tensor", "share of entries")
                .describedAs("Untrimmed changes disagree on most entries; trimming removes most conflicts, and the election the rest."));
        double[] hand = ties.withDensity(0.5)
                .agreed(List.of(Tensor.of(4.0, 0, 0, 3, -2, 0), Tensor.of(3.0, 2, 0, -5, 0, 0), Tensor.of(-2.0, -4, 0, 0, -3, 0)))
                .toDoubleArray();
        lab.say("The worked example, trimmed, merges to %.1f, %.1f, %.1f, %.1f, %.1f, %.1f.", hand[0], hand[1], hand[2], hand[3], hand[4],
                hand[5]);
        lab.shows("share of conflicts in the first tensor that outlive trimming", after[0] / before[0], below(0.5));
    }

    private static double conflicts(List<Tensor> changes) {
        Tensor up = null, down = null;
        for (var change : changes) {
            up = up == null ? change.gt(0) : up.or(change.gt(0));
            down = down == null ? change.lt(0) : down.or(change.lt(0));
        }
        return up.and(down).countNonZero().item() / up.count();
    }
}
