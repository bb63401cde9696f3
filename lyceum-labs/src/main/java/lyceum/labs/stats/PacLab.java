package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.PacLearning;
import lyceum.theory.PacLearning.Experiment;
import lyceum.theory.PacLearning.Rectangle;

/** Guess a rectangle from random points: how often the guess is off by more than epsilon, and what theory promised. */
@Lab(topics = "pac-learning", title = "The rectangle game")
final class PacLab implements LabBody {
    @Override public void run(LabContext lab) {
        double epsilon = lab.param("epsilon", 0.1, 0.02, 0.3), delta = lab.param("delta", 0.05, 0.001, 0.5),
                side = lab.param("side", 0.6, 0.1, 0.9);
        int points = lab.param("points", 60, 5, 300), runs = lab.param("runs", 500, 50, 2_000);

        double low = 0.5 - side / 2, high = 0.5 + side / 2;
        var game = new Experiment<>(rng -> new double[] {rng.nextDouble(), rng.nextDouble()},
                x -> x[0] >= low && x[0] <= high && x[1] >= low && x[1] <= high, PacLearning.RECTANGLE, h -> side * side - area(h));

        var rng = lab.rng(1);
        var x = new double[points][];
        var inside = new boolean[points];
        for (int i = 0; i < points; i++) inside[i] = game.concept().test(x[i] = game.distribution().apply(rng));
        var guess = game.learner().fit(x, inside);
        double[] first = Arrays.stream(x).mapToDouble(p -> p[0]).toArray(), second = Arrays.stream(x).mapToDouble(p -> p[1]).toArray();
        var classes = new int[points];
        for (int i = 0; i < points; i++) classes[i] = inside[i] ? 1 : 0;
        var picture = Figure.plot("One game: the target and the tightest guess").points(first, second, classes, "outside", "inside")
                .line("target", new double[] {low, high, high, low, low}, new double[] {low, low, high, high, low}).dashed();
        if (area(guess) > 0) picture = picture.line("guess", corners(guess, 0), corners(guess, 1));
        lab.figure(picture.axes("x", "y").limitX(0, 1).limitY(0, 1).equalScales()
                .describedAs("The guess lies inside the target; its error is the frame between the two."));
        lab.say("This guess is wrong with probability %.3f.", game.error().applyAsDouble(guess));

        long enough = PacLearning.rectangleSamples(epsilon, delta);
        double[] m = new double[12], seen = new double[12], from = new double[12], to = new double[12], promised = new double[12];
        for (int i = 0; i < 12; i++) {
            m[i] = Math.max(1, Math.round(enough * (i + 1) / 10.0));
            var failures = game.run((int) m[i], epsilon, runs, lab.rng(i + 2));
            seen[i] = failures.rate();
            from[i] = failures.interval(0.95).low();
            to[i] = failures.interval(0.95).high();
            promised[i] = Math.min(1, 4 * Math.exp(-epsilon * m[i] / 4));
        }
        lab.figure(Figure.plot("How often the guess is off by more than " + epsilon).band("95% interval", m, from, to)
                .line("measured", m, seen).line("bound", m, promised).dashed().horizontalLine(delta, "delta").verticalLine(enough, "enough")
                .axes("points", "share of games").limitY(0, 1)
                .describedAs("Failures fall below delta long before the number of points that the bound asks for."));
        lab.shows("share of failures at the number that is enough", game.run((int) enough, epsilon, runs, lab.rng(99)).rate(),
                atMost(delta + 0.02));
        lab.table("How many are enough", List.of("what is known", "points"),
                List.of(List.of("a rectangle in the plane", enough), List.of("VC dimension 4", PacLearning.vcSamples(4, epsilon, delta)),
                        List.of("one of 6,561 hypotheses", PacLearning.realisableSamples(8 * Math.log(3), epsilon, delta)),
                        List.of("the same, none of them perfect", PacLearning.agnosticSamples(8 * Math.log(3), epsilon, delta))));
    }

    private static double area(Rectangle h) {
        return h.low()[0] > h.high()[0] ? 0 : (h.high()[0] - h.low()[0]) * (h.high()[1] - h.low()[1]);
    }

    private static double[] corners(Rectangle h, int axis) {
        double a = h.low()[axis], b = h.high()[axis];
        return axis == 0 ? new double[] {a, b, b, a, a} : new double[] {a, a, b, b, a};
    }
}
