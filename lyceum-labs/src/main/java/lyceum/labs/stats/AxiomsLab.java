package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Convergence;
import lyceum.prob.ProbabilitySpace;
import lyceum.prob.SigmaAlgebra;
import lyceum.random.Rng;

/** What may be asked, what a guess may use, and mass that escapes on the way to a limit. */
@Lab(topics = "probability-axioms", title = "Points, events, means")
final class AxiomsLab implements LabBody {
    @Override public void run(LabContext lab) {
        String known = lab.choice("what is known of the die", "odd or even", "nothing", "odd or even", "above three",
                "odd or even, and above three", "the face");
        double six = lab.param("probability of the six", 0.3, 0.0, 0.95);
        String ratio = lab.choice("draws", "Cauchy", "Cauchy", "Gaussian");
        int draws = lab.param("number of draws", 50_000, 1_000, 500_000);

        // A loaded die, and the coarser questions that somebody may ask about it.
        double other = (1 - six) / 5;
        var die = ProbabilitySpace.of(other, other, other, other, other, six);
        var face = die.variable(1, 2, 3, 4, 5, 6);
        var algebra = switch (known) {
            case "nothing" -> SigmaAlgebra.generatedBy(6);
            case "odd or even" -> SigmaAlgebra.generatedBy(6, 0b010101);
            case "above three" -> SigmaAlgebra.generatedBy(6, 0b111000);
            case "the face" -> SigmaAlgebra.power(6);
            default -> SigmaAlgebra.generatedBy(6, 0b010101, 0b111000);
        };
        var guess = face.given(algebra);
        long[] atoms = algebra.atoms();
        var lump = new double[1][6];
        for (int i = 0; i < 6; i++) for (int a = 0; a < atoms.length; a++) if ((atoms[a] >> i & 1) == 1) lump[0][i] = a + 1;
        lab.figure(Figure.heatmap("Faces lumped by what is known: " + known, lump, new String[] {"atom"}, Figure.numbered(1, 6))
                .cellLabels().measuring("atom").axes("face", "partition")
                .describedAs("Faces of one colour cannot be told apart; every event is a union of such lumps."));
        lab.figure(Figure.bar("The face, and the best guess from what is known", Figure.numbered(1, 6), face.values()).named("X")
                .add("E[X | G]", guess.values()).axes("face", "value")
                .describedAs("The guess is constant on each lump: the mean of the face over it, by probability."));
        double within = face.with(guess, (x, g) -> (x - g) * (x - g)).expectation();
        lab.table("The guess as a projection", List.of("E X", "E E[X|G]", "Var X", "Var E[X|G]", "E (X - E[X|G])^2"),
                List.of(List.of(face.expectation(), guess.expectation(), face.variance(), guess.variance(), within)));
        lab.shows("E E[X|G] less E X", Math.abs(guess.expectation() - face.expectation()), below(1e-12));
        lab.shows("Pythagoras: Var X less its two parts", Math.abs(face.variance() - guess.variance() - within), below(1e-12));
        lab.say("There are %d sigma-algebras on four points. %s", SigmaAlgebra.all(4).size(),
                algebra.notMeasurable(1, 2, 3, 4, 5, 6)
                        .map(w -> "The face itself is not measurable here: nothing separates %d from %d.".formatted(w.a() + 1, w.b() + 1))
                        .orElse("The face itself is measurable."));

        var escaping = Convergence.of(n -> u -> u < 1.0 / n ? n : 0, u -> 0, 12);
        var dominated = Convergence.of(n -> u -> Math.pow(u, n), u -> 0, 12);
        double[] n = new double[13];
        for (int k = 0; k <= 12; k++) n[k] = escaping.indices()[k];
        lab.figure(Figure.plot("Two sequences that tend to 0").line("mean of n where U < 1/n", n, escaping.means())
                .line("mean of U to the n", n, dominated.means()).line("P(n 1{U < 1/n} > 0.01)", n, escaping.farFrom()).dashed().logX()
                .axes("n", "mean or probability").describedAs(
                        "The first keeps its mean at 1 while hardly any probability is left to carry it; the second lets go of its mean."));
        lab.shows("mean that escapes", escaping.escaping(), atLeast(0.99));
        lab.shows("mean of the dominated one at the last n", dominated.gap(), below(1e-3));

        var rng = lab.rng(1);
        ToDoubleFunction<Rng> draw = ratio.equals("Cauchy") ? r -> Math.tan(Math.PI * (r.nextDouble() - 0.5)) : Rng::nextGaussian;
        int kept = 500;
        var paths = new ArrayList<double[]>();
        var time = new double[kept];
        for (int path = 0; path < 3; path++) {
            var means = new double[kept];
            double sum = 0;
            for (int t = 1, k = 0; t <= draws && k < kept; t++) {
                sum += draw.applyAsDouble(rng);
                if (t < (k + 1.0) * draws / kept) continue;
                time[k] = t;
                means[k++] = sum / t;
            }
            paths.add(means);
        }
        lab.figure(Figure.plot("Three running means, " + ratio).line("first", time, paths.get(0)).line("second", time, paths.get(1))
                .line("third", time, paths.get(2)).axes("draws", "mean so far")
                .describedAs("A Cauchy mean leaps with single draws for ever; a Gaussian one settles at once."));
    }
}
