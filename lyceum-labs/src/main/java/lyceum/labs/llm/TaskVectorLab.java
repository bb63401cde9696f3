package lyceum.labs.llm;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.weights.TaskVector;
import lyceum.plot.Figure;

/** Two arrows from one base: along them, against them, and their sums, with the accuracy on both tasks everywhere in their plane. */
@Lab(topics = "task-vector", title = "Walking along what was learned")
final class TaskVectorLab implements LabBody {
    @Override public void run(LabContext lab) {
        double first = lab.param("coefficient of 0 to 4", 0.6, -1, 1.5), second = lab.param("coefficient of 5 to 9", 0.7, -1, 1.5);
        int width = lab.param("width", 48, 8, 128);
        var data = DigitTasks.of(lab);
        var base = DigitTasks.tuned(DigitTasks.fresh(width, lab.rng(1)), data.train().head(300), 5e-3, 4, lab.rng(2));
        var arrows = new TaskVector[2];
        double[] own = new double[2];
        for (int task = 0; task < 2; task++) {
            var tuned = DigitTasks.tuned(base, DigitTasks.half(data.train(), task), 1e-3, 5, lab.rng(3 + task));
            arrows[task] = TaskVector.between(base.state(), tuned.state());
            own[task] = DigitTasks.accuracy(tuned, DigitTasks.half(data.test(), task));
        }
        double[] at = {-1, -0.5, 0, 0.5, 1, 1.5};
        var map = new double[2][at.length][at.length];
        var names = new String[at.length];
        for (int i = 0; i < at.length; i++) {
            names[i] = "" + at[i];
            for (int j = 0; j < at.length; j++) {
                var there = arrows[0].times(at[j]).plus(arrows[1].times(at[i])).on(base);
                for (int task = 0; task < 2; task++) map[task][i][j] = DigitTasks.accuracy(there, DigitTasks.half(data.test(), task));
            }
        }
        lab.figure(Figure.row("Accuracy in the plane of two task vectors, per cent of ten classes",
                Figure.heatmap("on digits 0 to 4", map[0], names, names).axes("times the vector of 0 to 4", "times the vector of 5 to 9"),
                Figure.heatmap("on digits 5 to 9", map[1], names, names).axes("times the vector of 0 to 4", "times the vector of 5 to 9"))
                .describedAs(
                        "Each vector raises its own task and, in excess, costs the other; between them lies a region that is good at both."));
        var chosen = arrows[0].times(first).plus(arrows[1].times(second)).on(base);
        double a = DigitTasks.accuracy(chosen, DigitTasks.half(data.test(), 0)),
                b = DigitTasks.accuracy(chosen, DigitTasks.half(data.test(), 1));
        double cosine = arrows[0].cosine(arrows[1]);
        lab.say("With %.2f and %.2f: %.1f%% on 0 to 4 (its specialist %.1f%%), %.1f%% on 5 to 9 (%.1f%%). The vectors' cosine is %.2f.",
                first, second, a, own[0], b, own[1], cosine);
        lab.shows("share that the sum keeps of the weaker task", Math.min(a / own[0], b / own[1]), atLeast(0.75));
        lab.shows("0 to 4 after its vector was subtracted, per cent of before", 100 * map[0][2][0] / map[0][2][2], below(75));
    }
}
