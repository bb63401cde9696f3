package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.quant.QLora;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;

/** A decoder of the Bible's letters is tuned on the Brown corpus, in 16 bits and in four: bytes of each part, and the losses. */
@Lab(topics = "qlora", title = "Tuning what takes four bits")
final class QLoraLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rank = lab.param("rank", 4, 1, 32), steps = lab.param("tuning steps", 60, 10, 500), block = lab.param("block", 64, 16, 256);
        var decoder = LetterDecoder.trained(lab, 32, 100);
        var base = decoder.model();
        var brown = LetterDecoder.letters(Corpora.brown(), 60_000);
        var lora = new Lora(rank, 2 * rank).withTargets(List.of("decoder.*"));
        var half = Module.to(Module.to(base, DType.BF16), DType.F32);
        var plain = Peft.of(half, lora, "brown", lab.rng(4));
        var tuned = new QLora(lora).withBlock(block).of(base, "brown", lab.rng(4));
        double[] sixteen = LetterDecoder.train(lab, half, brown, steps, lab.rng(5)),
                four = LetterDecoder.train(lab, tuned.model(), brown, steps, lab.rng(5));
        long layers = 0;
        for (var module : base.modules().values()) if (module instanceof Linear l && l != base.head()) layers += l.weight().count();
        double other = 2.0 * (base.parameterCount() - layers), adapters = 4.0 * plain.parameterCount(), state = 2 * adapters;
        double full = 4.0 * base.parameterCount();
        lab.figure(Figure
                .bars("Bytes by component", new String[] {"layers", "embedding and norms", "adapters", "gradients", "optimiser"},
                        Series.of("all in 16 bits", new double[] {2.0 * layers, other, 0, full / 2, 2 * full}),
                        Series.of("LoRA", new double[] {2.0 * layers, other, adapters, adapters, state}),
                        Series.of("QLoRA", new double[] {tuned.storedBytes(), other, adapters, adapters, state}))
                .axes("component", "bytes")
                .describedAs("Adapters take away gradients and optimiser state of the base; four bits take away most of the base itself."));
        lab.figure(Figure.line("Training loss on Brown", 1, smooth(sixteen)).named("LoRA on 16 bits").line("QLoRA", 1, smooth(four))
                .axes("step", "cross-entropy, nats a letter, mean of 10 steps").describedAs("Both losses fall alike."));
        var held = LetterDecoder.letters(Corpora.brown(), 80_000);
        double a = LetterDecoder.perplexity(half, held), b = LetterDecoder.perplexity(tuned.model(), held);
        lab.say("%,d bytes of layers in 16 bits, %,d in four. Perplexity on Brown %.3f and %.3f.", 2 * layers, tuned.storedBytes(), a, b);
        lab.shows("stored bytes over 16-bit bytes", tuned.storedBytes() / (2.0 * layers), below(0.3));
        lab.shows("QLoRA's log-perplexity over LoRA's", Math.log(b) / Math.log(a), below(1.03));
    }

    private static double[] smooth(double[] losses) {
        var mean = new double[losses.length - 9];
        for (int i = 0; i < mean.length; i++) for (int k = 0; k < 10; k++) mean[i] += losses[i + k] / 10;
        return mean;
    }
}
