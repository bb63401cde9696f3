package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.function.ToDoubleFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.train.GrokkingExperiment;

/** Addition modulo a prime: known by heart after a hundred steps, understood after several hundred more. */
@Lab(topics = "grokking", title = "First by heart, then by rule")
final class GrokkingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int modulus = lab.param("modulus", 23, 11, 59);
        double share = lab.param("training share", 0.7, 0.2, 0.9);
        double decay = lab.param("weight decay", 1.0, 0.0, 3.0);
        int steps = lab.param("steps", 700, 200, 6000);
        var setting = new GrokkingExperiment(modulus).withTrainShare(share).withEvery(20)
                .withRule(new AdamW(3e-3).withBetas(0.9, 0.98).withWeightDecay(decay));
        var run = setting.run(steps, lab.rng(1), lab.progress());
        lab.figure(Figure.row("Accuracy and what grows under it",
                Figure.line("Accuracy", steps(run), of(run, GrokkingExperiment.Record::trainAccuracy)).named("training")
                        .line("test", steps(run), of(run, GrokkingExperiment.Record::testAccuracy)).logX().axes("step", "share right"),
                Figure.line("The circuit", steps(run), of(run, GrokkingExperiment.Record::concentration)).named("Fourier concentration")
                        .line("weight norm over its largest", steps(run), relativeNorm(run)).logX().axes("step", "share"))
                .describedAs(
                        "Left: training accuracy is one long before test accuracy leaves zero. Right: under the flat test curve the units settle on single frequencies, and the weights shrink."));
        lab.figure(Figure.line("Progress measures", steps(run), of(run, GrokkingExperiment.Record::restrictedLoss))
                .named("restricted: the circuit alone")
                .line("excluded: without it, training pairs", steps(run), of(run, GrokkingExperiment.Record::excludedLoss))
                .line("test", steps(run), of(run, GrokkingExperiment.Record::testLoss)).logX().axes("step", "loss").describedAs(
                        "The loss of the circuit alone falls smoothly; what memory alone explains gets worse again as decay removes it."));
        var last = run.records().getLast();
        lab.say("Training accuracy reaches 0.99 at step %d, test accuracy 0.95 at step %d (-1: not within %d).", run.firstTrain(0.99),
                run.firstTest(0.95), steps);
        if (decay != 1 || modulus != 23 || share != 0.7 || steps < 700) return;
        lab.shows("step of test accuracy 0.95 over step of training accuracy 0.99", (double) run.firstTest(0.95) / run.firstTrain(0.99),
                atLeast(5));
        lab.shows("Fourier concentration at the end", last.concentration(), atLeast(0.5));
    }

    /** From 1 on, for a logarithmic axis. */
    private static double[] steps(GrokkingExperiment.Run run) { return of(run, r -> Math.max(1, r.step())); }

    private static double[] of(GrokkingExperiment.Run run, ToDoubleFunction<GrokkingExperiment.Record> f) {
        return run.records().stream().mapToDouble(f).toArray();
    }

    private static double[] relativeNorm(GrokkingExperiment.Run run) {
        double most = run.records().stream().mapToDouble(GrokkingExperiment.Record::weightNorm).max().orElseThrow();
        return of(run, r -> r.weightNorm() / most);
    }
}
