package lyceum.models.audio;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.withers.Withers;

/**
 * What a {@link NeuralAudioCodec} learns by:
 * {@code wave |y - x| + spectral S(y, x) + codes q + adversarial mean max(0, 1 - D(y)) + features F}, with S a {@link SpectralLoss}, q the
 * quantiser's loss, D a {@link SpectralCritic} and F the mean absolute difference of its layers' outputs relative to their mean. The critic
 * learns by {@code mean max(0, 1 - D(x)) + max(0, 1 + D(y))}.
 *
 * {@snippet :
 * var codec = new NeuralAudioCodec(AudioCodecConfig.small(), rng);
 * var objective = new CodecObjective();
 * new Trainer(new Adam(1e-3), 20).start(codec, n, objective.over(codec, x), null, rng).finish(Progress.SILENT);   // without a critic
 * var critic = new SpectralCritic(16, DType.F32, rng, 128, 256);
 * objective.fit(codec, critic, x, new Adam(3e-4).withBetas(0.5, 0.9), 1000, 8, rng, Progress.SILENT);              // with one, by turns
 * }
 *
 * @param wave weight of the absolute difference of samples, each at least 0
 * @param spectral weight of the spectra
 * @param codes weight of the quantiser's loss
 * @param adversarial weight of the critic's scores
 * @param features weight of its layers' outputs
 * @param spectra how spectra are compared
 */
@Withers
public record CodecObjective(double wave, double spectral, double codes, double adversarial, double features, SpectralLoss spectra)
        implements CodecObjectiveWithers {
    public CodecObjective {
        Objects.requireNonNull(spectra, "spectra");
        for (double weight : new double[] {wave, spectral, codes, adversarial, features})
            if (!(weight >= 0)) throw new IllegalArgumentException("CodecObjective: wave " + wave + ", spectral " + spectral + ", codes "
                    + codes + ", adversarial " + adversarial + ", features " + features + "; weights are at least 0");
    }

    /** Samples 1, spectra 1, codes 1, critic 0.3 and its layers 0.3, windows of 64 to 2048. */
    public CodecObjective() { this(1, 1, 1, 0.3, 0.3, new SpectralLoss()); }

    /** The loss of sounds (n, inputs, samples) without a critic, for a {@link lyceum.train.Trainer}. */
    public BatchLoss over(NeuralAudioCodec codec, Tensor sounds) { return (rows, pass) -> loss(codec, null, sounds.rows(rows), pass); }

    /** The codec's loss on x (batch, inputs, samples). @param critic null for none */
    public Tensor loss(NeuralAudioCodec codec, SpectralCritic critic, Tensor x, Pass pass) {
        var q = codec.quantizer().quantise(codec.latents(x, pass), pass);
        return loss(q.loss(), codec.rebuilt(q, pass).narrow(2, 0, x.size(2)), critic, x, pass);
    }

    private Tensor loss(Tensor quantiser, Tensor y, SpectralCritic critic, Tensor x, Pass pass) {
        var loss = y.sub(x).abs().mean().mul(wave).add(quantiser.mul(codes));
        if (spectral > 0) loss = loss.add(spectra.of(y, x).mul(spectral));
        if (critic == null) return loss;
        var real = Autograd.noGrad(() -> critic.judge(x, pass));
        var made = critic.judge(y, pass);
        for (int i = 0; i < made.size(); i++) {
            loss = loss.add(made.get(i).scores().rsub(1).relu().mean().mul(adversarial / made.size()));
            var ours = made.get(i).features();
            for (int l = 0; l < ours.size(); l++) {
                var theirs = real.get(i).features().get(l).detach();
                loss = loss.add(ours.get(l).sub(theirs).abs().mean().div(theirs.abs().mean()).mul(features / made.size() / ours.size()));
            }
        }
        return loss;
    }

    /** The critic's loss on x and what the codec made of it. */
    public Tensor criticLoss(SpectralCritic critic, Tensor x, Tensor made, Pass pass) {
        Tensor sum = null;
        var real = critic.judge(x, pass);
        var fake = critic.judge(made.detach(), pass);
        for (int i = 0; i < real.size(); i++) {
            var loss = real.get(i).scores().rsub(1).relu().mean().add(fake.get(i).scores().add(1).relu().mean());
            sum = sum == null ? loss : sum.add(loss);
        }
        return sum.div(real.size());
    }

    /**
     * So many steps of both by turns, each on random rows of sounds (n, inputs, samples). Returns both losses after each step: (steps, 2).
     *
     * @throws lyceum.progress.CancelledException if the progress is cancelled; what was learned stays
     */
    public Tensor fit(NeuralAudioCodec codec, SpectralCritic critic, Tensor sounds, UpdateRule rule, int steps, int batch, Rng rng,
            Progress progress) {
        if (steps < 1 || batch < 1)
            throw new IllegalArgumentException("CodecObjective.fit: " + steps + " steps of " + batch + " clips; at least one of each");
        var ours = rule.over(codec.parameters());
        var theirs = rule.over(critic.parameters());
        var losses = new double[2 * steps];
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("codec step")) {
                var rows = new int[batch];
                for (int i = 0; i < batch; i++) rows[i] = rng.nextInt((int) sounds.size(0));
                var x = sounds.rows(rows);
                var pass = Pass.training(rng);
                var q = codec.quantizer().quantise(codec.latents(x, pass), pass);
                var y = codec.rebuilt(q, pass).narrow(2, 0, x.size(2));
                theirs.zeroGrad();
                var judged = criticLoss(critic, x, y, pass);
                judged.backward();
                theirs.step();
                ours.zeroGrad();
                var loss = loss(q.loss(), y, critic, x, pass);
                loss.backward();
                ours.step();
                losses[2 * step] = loss.item();
                losses[2 * step + 1] = judged.item();
            }
            progress.step("codec", step + 1, steps);
        }
        return Tensor.of(losses, steps, 2);
    }
}
