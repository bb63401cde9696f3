package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.NoFreeLunch;
import lyceum.theory.NoFreeLunch.Learner;

/** Every target on eight points: what a learner wins on some it loses on others, until somebody says which targets occur. */
@Lab(topics = "no-free-lunch", title = "All targets, counted")
final class NoFreeLunchLab implements LabBody {
    @Override public void run(LabContext lab) {
        int points = lab.param("points", 8, 3, 10), seen = lab.param("seen", 4, 1, 9);
        int size = Math.min(seen, points - 1);
        var lunch = new NoFreeLunch(points, 2);
        var learners = new LinkedHashMap<String, Learner>();
        learners.put("nearest neighbour", Learner.NEAREST);
        learners.put("majority", Learner.MAJORITY);
        learners.put("anti-majority", Learner.ANTI_MAJORITY);
        learners.put("parity", Learner.PARITY);

        // Targets from smooth to jumpy.
        int[] order = IntStream.range(0, lunch.targets()).boxed()
                .sorted(Comparator.comparingInt((Integer t) -> changes(lunch.target(t))).thenComparingInt(t -> t)).mapToInt(t -> t)
                .toArray();
        var strip = Figure.plot("Accuracy on unseen points, target by target");
        for (var name : List.of("nearest neighbour", "anti-majority"))
            strip = strip.points(name, IntStream.range(0, order.length).asDoubleStream().toArray(),
                    IntStream.of(order).mapToDouble(t -> lunch.offTraining(size, learners.get(name), t).value()).toArray());
        lab.figure(strip.horizontalLine(0.5, "mean of either")
                .axes("target, from those that never change to those that always do", "accuracy").limitY(0, 1)
                .describedAs("Nearest neighbour wins on the left and loses as much on the right; both strips have the mean one half."));

        var rows = new ArrayList<List<?>>();
        double worst = 0;
        for (var learner : learners.entrySet()) {
            var all = lunch.offTraining(size, learner.getValue());
            worst = Math.max(worst, Math.abs(all.value() - 0.5));
            rows.add(List.of(learner.getKey(), all.toString(), lunch.offTraining(size, learner.getValue(), NoFreeLunch::isSmooth).value()));
        }
        lab.table("Off-training accuracy", List.of("learner", "all " + lunch.targets() + " targets", "at most one change"), rows);
        lab.shows("largest distance from one half, all targets", worst, equalTo(0, 0));
        double lead = lunch.offTraining(size, Learner.NEAREST, NoFreeLunch::isSmooth).value()
                - lunch.offTraining(size, Learner.ANTI_MAJORITY, NoFreeLunch::isSmooth).value();
        lab.say("Say that targets change at most once, and nearest neighbour leads anti-majority by %.3f.", lead);
        lab.shows("the lead where targets are smooth", lead, above(0));
    }

    private static int changes(int[] target) {
        int changes = 0;
        for (int i = 1; i < target.length; i++) if (target[i] != target[i - 1]) changes++;
        return changes;
    }
}
