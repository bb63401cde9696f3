package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RopeScaling;
import lyceum.nn.RotaryEmbedding;
import lyceum.plot.Figure;
import lyceum.tensor.Attention;

/** What stretching does to each rotary pair, ALiBi's fans, and what small models read beyond the length they were trained at. */
@Lab(topics = {"yarn", "alibi"}, title = "Beyond the trained length")
final class LongerTextLab implements LabBody {

    @Override public void run(LabContext lab) {
        int trained = lab.param("trained length", 32, 16, 64);
        double stretch = lab.param("stretch", 4.0, 1.0, 16.0);
        int steps = lab.param("steps", 90, 50, 3000);
        var scalings = new LinkedHashMap<String, RopeScaling>();
        scalings.put("unscaled", new RopeScaling.None());
        scalings.put("interpolated", new RopeScaling.Linear(stretch));
        scalings.put("NTK-aware", new RopeScaling.Ntk(stretch));
        scalings.put("YaRN", new RopeScaling.Yarn(stretch, trained, 1, 4, Double.NaN, RopeScaling.Ramp.TURNS));
        wavelengths(lab, scalings, trained, stretch);
        fans(lab);
        lengths(lab, scalings, trained, steps);
    }

    private static void wavelengths(LabContext lab, Map<String, RopeScaling> scalings, int trained, double stretch) {
        var plot = Figure.plot("Wavelength of each pair").axes("pair", "positions a turn").logY();
        for (var s : scalings.entrySet()) {
            double[] t = s.getValue().frequencies(64, 10_000, 0), waves = new double[t.length];
            for (int i = 0; i < t.length; i++) waves[i] = 2 * Math.PI / t[i];
            plot = plot.line(s.getKey(), 0, waves);
        }
        lab.figure(plot.horizontalLine(trained, "trained length").describedAs(
                "Interpolation moves all pairs; the NTK-aware rule more and more of them; YaRN leaves those that turn often within the trained length."));
        double kept = scalings.get("YaRN").frequencies(64, 10_000, 0)[0], slow = scalings.get("YaRN").frequencies(64, 10_000, 0)[31];
        lab.shows("yarn", "distance of YaRN's fastest pair from the plain one", Math.abs(kept - 1), below(1e-15));
        lab.shows("yarn", "distance of its slowest from the stretched one", Math.abs(slow * stretch / Math.pow(10_000, -62.0 / 64) - 1),
                below(1e-12));
    }

    private static void fans(LabContext lab) {
        var fans = Figure.plot("What ALiBi takes from a score").axes("distance (positions)", "bias");
        for (int head : new int[] {0, 2, 4, 7}) {
            double slope = Attention.alibiSlope(head, 8);
            fans = fans.line("head " + (head + 1) + ", slope 1/" + Math.round(1 / slope), 0, 64, d -> -slope * d);
        }
        lab.figure(fans.describedAs("Four of eight heads: the steepest sees a few positions, the flattest hundreds."));
    }

    private static void lengths(LabContext lab, Map<String, RopeScaling> scalings, int trained, int steps) {
        var text = new Stretches();
        int[] lengths = {trained, 2 * trained, 4 * trained, 8 * trained};
        var xs = new double[] {trained, 2 * trained, 4 * trained, 8 * trained};
        var plot = Figure.plot("Perplexity by length").axes("length (characters)", "perplexity").logX();
        var ratio = new LinkedHashMap<String, Double>();
        var learned = new LinkedHashMap<String, PositionalEncoding>();
        learned.put("rotary", PositionalEncoding.rotary(8));
        learned.put("ALiBi", PositionalEncoding.alibi());
        learned.put("learned table", PositionalEncoding.learned(8L * trained));
        for (var scheme : learned.entrySet()) {
            var rng = lab.rng(3);
            var config = Stretches.config(32, scheme.getValue());
            var model = Stretches.train(Stretches.stack(config, 1, text.symbols(), lab.rng(4)), steps, 1e-2,
                    () -> text.windows(rng, true, 16, trained));
            boolean rotary = scheme.getValue() instanceof RotaryEmbedding;
            for (var s : rotary ? scalings.entrySet() : Map.<String, RopeScaling>of(scheme.getKey(), new RopeScaling.None()).entrySet()) {
                var read = rotary ? Stretches.stack(Stretches.config(32, PositionalEncoding.rotary(8).scaled(s.getValue())), 1,
                        text.symbols(), lab.rng(4)) : model;
                if (rotary) read.load(model.state());
                double[] perplexity = text.perplexity(read, lab.rng(5), lengths);
                ratio.put(s.getKey(), perplexity[2] / perplexity[0]);
                plot = plot.line(s.getKey(), xs, perplexity);
            }
        }
        lab.figure(
                plot.describedAs("Small models of one text, trained at the first length alone and then asked at up to eight times of it."));
        lab.say("At four times the length, perplexity grows by %.2f unscaled, %.2f under YaRN, %.2f with ALiBi and %.2f with a learned table.",
                ratio.get("unscaled"), ratio.get("YaRN"), ratio.get("ALiBi"), ratio.get("learned table"));
        lab.shows("alibi", "growth of the learned table over ALiBi's", ratio.get("learned table") / ratio.get("ALiBi"), above(1));
    }
}
