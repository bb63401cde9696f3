package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.between;

import java.util.Arrays;
import java.util.List;
import lyceum.bayes.ImportanceSampling;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Mixture;
import lyceum.prob.Normal;

/** A proposal slides across a target of two hills: weights, effective size and error, and the place where all three deceive. */
@Lab(topics = "importance-sampling", title = "Draw here, count there")
final class ImportanceSamplingLab implements LabBody {
    private static final int STEPS = 41;

    @Override public void run(LabContext lab) {
        double at = lab.param("proposal's mean", 4.0, -4.0, 12.0), width = lab.param("proposal's deviation", 4.0, 0.3, 6.0);
        double hill = lab.param("second hill", 10.0, 0.0, 12.0);
        int draws = lab.param("draws", 5_000, 100, 50_000);

        var target = Mixture.of(Normal.STANDARD, new Normal(hill, 1));
        var drawn = ImportanceSampling.draw(target, new Normal(at, width), draws, lab.rng(1));
        double truth = target.mean();
        var guess = drawn.selfNormalised(x -> x[0]);
        var tail = drawn.tail();

        double[] log = drawn.logWeights(), places = Arrays.stream(drawn.draws()).mapToDouble(x -> x[0]).toArray();
        lab.figure(Figure.plot("Target and proposal").line("target", -8, 18, target::density)
                .line("proposal", -8, 18, new Normal(at, width)::density).dashed().verticalLine(truth, "mean of the target")
                .axes("x", "density").describedAs("The proposal has to be wide enough to cover both hills of the target."));
        lab.figure(Figure.histogram("Log weights of the draws", log).axes("log weight", "draws")
                .describedAs("Weights of a good proposal lie close together; a long right tail means that few draws carry the answer."));

        double[] means = new double[STEPS], size = new double[STEPS], error = new double[STEPS], mass = new double[STEPS];
        for (int i : lab.progress("sliding", STEPS)) {
            means[i] = -4 + 16.0 * i / (STEPS - 1);
            var there = ImportanceSampling.draw(target, new Normal(means[i], width), draws, lab.rng(2));
            size[i] = there.effectiveSize() / draws;
            error[i] = Math.abs(there.selfNormalised(x -> x[0]).value() - truth);
            mass[i] = Math.exp(there.logNormaliser());
        }
        lab.figure(Figure.plot("Sliding the proposal").line("effective share of the draws", means, size).line("mean weight", means, mass)
                .dashed().limitY(0, 1.5).verticalLine(at, "yours").axes("proposal's mean", "share, and mean weight")
                .describedAs("The effective share is largest between the hills; the mean weight is 1 wherever no hill is missed."));
        lab.figure(Figure.plot("What the slide costs").line("error of the mean", means, error).verticalLine(at, "yours")
                .axes("proposal's mean", "absolute error")
                .describedAs("The error of the self-normalised mean is small where both hills are covered."));

        // A proposal that sees one hill alone looks perfect
        var blind = ImportanceSampling.draw(target, Normal.STANDARD, draws, lab.rng(3));
        lab.table("Yours, and one that sits on the first hill", List.of("", "mean", "truth", "effective share", "mean weight", "k-hat"),
                List.of(List.of("yours", guess.value(), truth, drawn.effectiveSize() / draws, Math.exp(drawn.logNormaliser()), tail.k()),
                        List.of("first hill", blind.selfNormalised(x -> x[0]).value(), truth, blind.effectiveSize() / draws,
                                Math.exp(blind.logNormaliser()), blind.tail().k())));
        lab.say("The one on the first hill reports an effective share of %.4f and is wrong by %.2f. Its mean weight is %.2f; covering the target makes it 1.",
                blind.effectiveSize() / draws, Math.abs(blind.selfNormalised(x -> x[0]).value() - truth), Math.exp(blind.logNormaliser()));

        var rare = ImportanceSampling.draw(Normal.STANDARD, new Normal(4, 1), 100_000, lab.rng(4)).mean(x -> x[0] > 4 ? 1 : 0);
        double exact = Normal.STANDARD.survival(4);
        lab.check(1, "relative error of P(Z > 4) from 100,000 draws of N(4, 1)", Math.abs(rare.value() / exact - 1), atMost(0.02));
        if (width >= 2 && Math.abs(at - hill / 2) <= 3)
            lab.shows("mean weight of a proposal that covers the target", Math.exp(drawn.logNormaliser()), between(0.8, 1.2));
    }
}
