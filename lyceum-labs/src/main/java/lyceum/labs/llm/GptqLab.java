package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.LinearInputs;
import lyceum.llm.quant.Gptq;
import lyceum.llm.quant.GroupedWeight;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** A small decoder in three bits, rounded and by GPTQ: what each layer's outputs lose, what the model loses, and what both write. */
@Lab(topics = "gptq", title = "Rounding that tells the neighbours")
final class GptqLab implements LabBody {
    @Override public void run(LabContext lab) {
        int bits = lab.param("bits", 3, 2, 8), group = lab.param("group", 32, 8, 128), steps = lab.param("training steps", 120, 20, 1000);
        var decoder = LetterDecoder.trained(lab, 32, steps);
        var model = decoder.model();
        var gptq = new Gptq(bits, group);
        var grams = LinearInputs.grams(model, decoder.calibration(4), name -> name.startsWith("decoder."));
        var fresh = LinearInputs.grams(model, List.of(LetterDecoder.batch(decoder.held(), 32, lab.rng(5))), grams::containsKey);
        double[] plain = new double[grams.size()], ours = new double[grams.size()];
        var names = new String[grams.size()];
        var rounded = new IdentityHashMap<Module, Module>();
        int at = 0;
        for (var name : grams.keySet()) {
            var layer = (Linear) model.modules().get(name);
            var simple = gptq.quantizer().quantize(layer.weight());
            names[at] = name.substring("decoder.layers.".length()).replace("attention.", "").replace("mlp.", "").replace("_proj", "");
            plain[at] = error(layer.weight(), simple.dequantize(), fresh.get(name));
            ours[at++] = error(layer.weight(), gptq.of(layer.weight(), grams.get(name)).dequantize(), fresh.get(name));
            rounded.put(layer, Linear.on(GroupedWeight.of(simple), layer.bias()));
        }
        lab.figure(Figure
                .bars("Squared output error on fresh text, by layer, over the output's energy", names, Series.of("rounding", plain),
                        Series.of("GPTQ", ours))
                .axes("layer", "relative squared error").describedAs("GPTQ's error is below that of rounding in nearly every layer."));
        var simple = Module.resized(model, Map.of(), rounded);
        var small = gptq.quantise(model, decoder.calibration(4), lab.progress());
        double before = LetterDecoder.perplexity(model, decoder.held()), lost = LetterDecoder.perplexity(simple, decoder.held()) - before,
                ourLost = LetterDecoder.perplexity(small, decoder.held()) - before;
        lab.say("32 bits, perplexity %.3f: %s", before, LetterDecoder.writes(model, "And the ", 40));
        lab.say("rounded to %d bits, +%.3f: %s", bits, lost, LetterDecoder.writes(simple, "And the ", 40));
        lab.say("GPTQ in %d bits, +%.3f: %s", bits, ourLost, LetterDecoder.writes(small, "And the ", 40));
        double sum = 0, all = 0;
        for (int i = 0; i < names.length; i++) {
            sum += ours[i];
            all += plain[i];
        }
        lab.shows("layers' error over that of rounding", sum / all, below(0.9));
    }

    private static double error(Tensor weight, Tensor stored, Tensor gram) {
        Tensor w = weight.detach().to(DType.F64), d = w.sub(stored.to(DType.F64));
        return d.matmul(gram).mul(d).sum().item() / w.matmul(gram).mul(w).sum().item();
    }
}
