package lyceum.labs.llm;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.weights.Dare;
import lyceum.llm.weights.TaskVector;
import lyceum.plot.Figure;

/** How much of a fine-tune may be thrown away at random, when the rest is scaled up and when it is not. */
@Lab(topics = "dare", title = "Nine tenths into the bin")
final class DareLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("width", 256, 32, 512), masks = lab.param("masks", 5, 1, 20), epochs = lab.param("epochs", 3, 1, 20);
        var data = DigitTasks.of(lab);
        var base = DigitTasks.tuned(DigitTasks.fresh(width, lab.rng(1)), DigitTasks.half(data.train(), 0), 2e-3, 4, lab.rng(2));
        var tuned = DigitTasks.tuned(base, data.train(), 1e-3, epochs, lab.rng(3));
        var tau = TaskVector.between(base.state(), tuned.state());
        double[] drop = {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99}, with = new double[drop.length], without = new double[drop.length];
        for (int i : lab.progress("drop rates", drop.length)) for (int mask = 0; mask < masks; mask++) {
            var dare = new Dare(drop[i], lab.seed() + mask);
            with[i] += DigitTasks.accuracy(dare.of(tau).on(base), data.test()) / masks;
            without[i] += DigitTasks.accuracy(dare.withRescale(false).of(tau).on(base), data.test()) / masks;
        }
        double before = DigitTasks.accuracy(base, data.test()), after = with[0];
        lab.figure(Figure.line("Accuracy when entries of the change are dropped", drop, with).named("rest scaled up")
                .line("rest as it is", drop, without).line("base", new double[] {0, 0.99}, new double[] {before, before})
                .axes("share dropped", "test accuracy, per cent")
                .describedAs("Scaled up, a tenth of the entries does almost what all did; not scaled, the skill goes as entries go."));
        double kept = (with[5] - before) / (after - before), lost = (without[5] - before) / (after - before);
        lab.say("The fine-tune won %.1f points. With nine tenths dropped %.0f%% of that stay if the rest is multiplied by ten, else %.0f%%.",
                after - before, 100 * kept, 100 * lost);
        lab.shows("share of the gain kept at 0.9", kept, atLeast(0.6));
        lab.shows("and without the scaling", lost, below(0.3));
    }
}
