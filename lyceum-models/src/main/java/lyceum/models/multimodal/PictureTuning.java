package lyceum.models.multimodal;

import java.util.Arrays;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.VideoDiffusion;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.withers.Withers;

/**
 * Losses that bring a painter by diffusion closer to what is asked: preferences, rewards, and words bound to places. Pictures are clips of one frame in
 * [-1, 1], (rows, 1, channels, height, width), with a condition (rows, T, width) each.
 *
 * {@snippet :
 * var tuning = new PictureTuning(model);
 * trainer.start(model.network(), n, tuning.preferences(reference, winners, losers, texts, 500), null, rng).finish(progress);
 * trainer.start(model.network(), n, tuning.rewards(pictures, texts, scores, 0.1), null, rng).finish(progress);
 * trainer.start(model.network(), n, tuning.binding(pictures, texts, TextToImageAlignment.places(world, scenes, 12, 4), 0.1), null, rng).finish(progress);
 * }
 *
 * @param model whose network is trained
 * @param dropout of conditions, so that guidance is not unlearned; null for none
 * @see <a href="https://arxiv.org/abs/2311.12908">Wallace and others (2024), Diffusion-DPO</a>
 * @see <a href="https://arxiv.org/abs/2302.12192">Lee and others (2023), on weights by reward</a>
 * @see <a href="https://arxiv.org/abs/2312.03626">Wang, Sha, Ding, Wang and Tu (2024), on words and places</a>
 */
@Withers
public record PictureTuning(VideoDiffusion model, ConditionDropout dropout) implements PictureTuningWithers {
    public PictureTuning { Objects.requireNonNull(model, "model"); }

    /** Without a dropout of conditions. */
    public PictureTuning(VideoDiffusion model) { this(model, null); }

    /**
     * {@link TextToImageAlignment#dpoLoss}: winner and loser of a row get the same noise at the same time, for the model and for the reference.
     *
     * @param reference a copy of the model as it was, which stays
     * @param winners the preferred pictures
     * @param losers those of the same conditions that were not
     * @param beta about one over the differences of mean squared errors that count
     */
    public BatchLoss preferences(VideoDiffusion reference, Tensor winners, Tensor losers, Tensor conditions, double beta) {
        requireRows("preferences", winners, conditions);
        if (!losers.shape().equals(winners.shape()))
            throw new ShapeException("PictureTuning.preferences: winners " + winners.shape() + " and losers " + losers.shape());
        return (rows, pass) -> {
            Tensor won = winners.rows(rows), lost = losers.rows(rows), condition = dropped(conditions.rows(rows), null, pass)[0];
            var noise = Tensor.randn(pass.rng(), won.dtype(), won.shape().toArray());
            var t = model.matching().times(won, pass);
            Tensor[] first = Autograd.noGrad(() -> new Tensor[] {reference.errors(won, noise, t, condition, Pass.inference()).compute(),
                    reference.errors(lost, noise, t, condition, Pass.inference()).compute()});
            return TextToImageAlignment.dpoLoss(model.errors(won, noise, t, condition, pass), first[0],
                    model.errors(lost, noise, t, condition, pass), first[1], beta);
        };
    }

    /**
     * The loss of learning pictures, each as much as its reward says: weights {@code exp(reward / temperature)}, of mean 1.
     *
     * @param temperature high weighs all alike, low the best alone
     */
    public BatchLoss rewards(Tensor pictures, Tensor conditions, double[] rewards, double temperature) {
        requireRows("rewards", pictures, conditions);
        if (rewards.length != pictures.size(0)) throw new ShapeException(
                "PictureTuning.rewards: " + rewards.length + " rewards for pictures " + pictures.shape() + "; one for each");
        var weights = Tensor.of(weights(rewards, temperature)).to(pictures.dtype()).compute();
        return (rows, pass) -> {
            var x = pictures.rows(rows);
            var noise = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
            var condition = dropped(conditions.rows(rows), null, pass)[0];
            return model.errors(x, noise, model.matching().times(x, pass), condition, pass).mul(weights.rows(rows)).mean();
        };
    }

    static double[] weights(double[] rewards, double temperature) {
        if (!(temperature > 0)) throw new IllegalArgumentException("PictureTuning: temperature is " + temperature + "; it is above 0");
        double most = Arrays.stream(rewards).max().orElse(0), sum = 0;
        var weights = new double[rewards.length];
        for (int i = 0; i < rewards.length; i++) {
            if (!Double.isFinite(rewards[i])) throw new IllegalArgumentException("PictureTuning: reward " + i + " is " + rewards[i]);
            sum += weights[i] = Math.exp((rewards[i] - most) / temperature);
        }
        for (int i = 0; i < weights.length; i++) weights[i] *= weights.length / sum;
        return weights;
    }

    /**
     * The loss of learning pictures, and {@link TextToImageAlignment#bindingLoss} of all blocks' maps.
     *
     * @param places (rows, T, positions), as {@link TextToImageAlignment#places} gives
     * @param weight of the binding
     */
    public BatchLoss binding(Tensor pictures, Tensor conditions, Tensor places, double weight) {
        requireRows("binding", pictures, conditions);
        if (!(weight >= 0)) throw new IllegalArgumentException("PictureTuning.binding: weight is " + weight + "; it is at least 0");
        return (rows, pass) -> {
            var x = pictures.rows(rows);
            var noise = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
            var t = model.matching().times(x, pass);
            var kept = dropped(conditions.rows(rows), places.rows(rows), pass);
            var look = model.network().look(model.matching().point(noise, x, t), t, kept[0], pass);
            var loss = look.answer().sub(model.matching().target(noise, x, t)).square().mean();
            for (var map : look.maps()) loss = loss.add(TextToImageAlignment.bindingLoss(map, kept[1]).mul(weight / look.maps().size()));
            return loss;
        };
    }

    /** Conditions of which some are empty, and the places of those that are not. */
    private Tensor[] dropped(Tensor conditions, Tensor places, Pass pass) {
        if (pass.rng() == null) throw new IllegalArgumentException("PictureTuning: the pass has no random stream; use Pass.training(rng)");
        if (dropout == null) return new Tensor[] {conditions, places};
        var hidden = Tensor.rand(pass.rng(), conditions.size(0)).lt(dropout.probability()).reshape(conditions.size(0), 1, 1);
        return new Tensor[] {Tensor.where(hidden, dropout.none().to(conditions.dtype()), conditions),
                places == null ? null : Tensor.where(hidden, places.zerosLike(), places)};
    }

    private static void requireRows(String what, Tensor pictures, Tensor conditions) {
        if (pictures.rank() != 5 || pictures.size(1) != 1 || conditions.rank() != 3 || conditions.size(0) != pictures.size(0))
            throw new ShapeException("PictureTuning." + what + ": pictures " + pictures.shape() + " and conditions " + conditions.shape()
                    + "; they are (rows, 1, channels, height, width) and (rows, T, width)");
    }
}
