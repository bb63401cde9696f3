package lyceum.models.generative.adversarial;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Schedule;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Regularizer;
import lyceum.withers.Withers;

/**
 * How a generator G and a critic D are trained against each other. With a critic whose logits are d, {@code D = 1 / (1 + exp(-d))}, the first game is
 * {@code min_G max_D E log D(x) + E log(1 - D(G(z)))}; other losses, penalties and orders of play are other GANs.
 *
 * {@snippet :
 * var gan = new Gan(new Adam(1e-3).withBetas(0.5, 0.9)).withPenalties(List.of(new CriticPenalty.R1(1)));
 * var wgan = gan.withLoss(GanLoss.wasserstein()).withCriticSteps(5).withPenalties(List.of(new CriticPenalty.GradientPenalty(10)));
 * var noise = new LatentNoise(16);
 * GanRun run = wgan.start(generator, critic, GanGame.of(data, noise, 128), rng);
 * run.finish(2_000, progress);
 * Tensor drawn = noise.through(run.generator()).sample(5_000, rng);
 * }
 *
 * @param loss what the players minimise
 * @param generatorRule of the generator's steps
 * @param criticRule of the critic's
 * @param criticSteps of the critic for each of the generator, at least 1
 * @param order of play
 * @param penalties on the critic, added up
 * @param generatorRegularizer added to the generator's loss, such as {@link Regularizer#orthogonalDirections}; null for none
 * @param averaging decay of an exponential moving average of the generator, which {@link GanRun#generator} gives; 0 for none
 * @param schedule multiplies both learning rates, by steps of each player
 * @see <a href="https://arxiv.org/abs/1406.2661">Goodfellow and others (2014)</a>
 */
@Withers
public record Gan(GanLoss loss, UpdateRule generatorRule, UpdateRule criticRule, int criticSteps, Order order,
        List<CriticPenalty> penalties, Regularizer generatorRegularizer, double averaging, Schedule schedule) implements GanWithers {

    /** Who sees whose last step. */
    public enum Order {
        /** The critic moves first, the generator answers its new state. */
        ALTERNATING,
        /** Both move at once, from the same state: the field of gradients itself. */
        SIMULTANEOUS
    }

    public Gan {
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(generatorRule, "generatorRule");
        Objects.requireNonNull(criticRule, "criticRule");
        Objects.requireNonNull(order, "order");
        Objects.requireNonNull(schedule, "schedule");
        penalties = List.copyOf(penalties);
        if (criticSteps < 1) throw new IllegalArgumentException("Gan: criticSteps is " + criticSteps + "; it is at least 1");
        if (order == Order.SIMULTANEOUS && criticSteps != 1)
            throw new IllegalArgumentException("Gan: criticSteps is " + criticSteps + "; simultaneous play has 1");
        if (!(averaging >= 0 && averaging < 1))
            throw new IllegalArgumentException("Gan: averaging is " + averaging + "; it lies in [0, 1), 0 for none");
    }

    /** Non-saturating, alternating, one critic step, nothing else. @param rule of both players */
    public Gan(UpdateRule rule) { this(GanLoss.nonSaturating(), rule, rule, 1, Order.ALTERNATING, List.of(), null, 0, Schedule.CONSTANT); }

    /** One more penalty. */
    public Gan withPenalty(CriticPenalty penalty) {
        var more = new ArrayList<>(penalties);
        more.add(penalty);
        return withPenalties(more);
    }

    /**
     * The critic's payoff, a scalar: minus its loss without penalties. Of the logistic losses it is {@code E log D(x) + E log(1 - D(G(z)))}, at the best critic
     * {@code 2 JSD - log 4}; of Wasserstein's {@code E d(x) - E d(G(z))}, at the best critic of slope 1 the distance.
     */
    public Tensor objective(Module critic, GanBatch real, GanBatch fake, Pass pass) {
        var ofReal = real.mean(loss.real(Conditioned.forward(critic, real.x(), real.condition(), pass)));
        return ofReal.add(fake.mean(loss.fake(Conditioned.forward(critic, fake.x(), fake.condition(), pass)))).neg();
    }

    /** All penalties on the critic, a scalar; null for none. @param step which step of the critic, from 0 */
    public Tensor penalty(Module critic, GanBatch real, GanBatch fake, long step, Pass pass) {
        Tensor sum = null;
        for (var each : penalties) {
            var value = each.of(critic, real, fake, step, pass);
            if (value != null) sum = sum == null ? value : sum.add(value);
        }
        return sum;
    }

    /** What the generator minimises, a scalar: of generated items with their history. */
    public Tensor generatorLoss(Module critic, GanBatch fake, Pass pass) {
        return fake.mean(loss.generator(Conditioned.forward(critic, fake.x(), fake.condition(), pass)));
    }

    /**
     * A run that has not taken a step yet. The networks are trained in place.
     *
     * @param generator from noise to items, or a {@link TabularGame.Table}
     * @param critic from items to scores (n) or (n, ..)
     * @param rng names all draws; nothing is drawn from it
     */
    public GanRun start(Module generator, Module critic, GanGame game, Rng rng) { return new GanRun(this, generator, critic, game, rng); }
}
