package lyceum.models.generative.adversarial;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * What keeps a critic's slope in bounds: a penalty on its gradient in the items, which is differentiated once more for the parameters, or a constraint restored after
 * each of its steps. A critic with BatchNorm has no gradient of single items: use LayerNorm or none.
 */
public sealed interface CriticPenalty {
    /** What is added to the critic's loss, a scalar; null for nothing in this step. @param step which step of the critic, from 0 */
    Tensor of(Module critic, GanBatch real, GanBatch fake, long step, Pass pass);

    /** What follows each step of the critic. */
    default void project(Module critic) {}

    private static double weight(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("CriticPenalty." + name + ": weight is " + value + "; it is at least 0 and finite");
        return value;
    }

    /** {@code |grad_x D(x)|^2} of each item (n), recorded. */
    static Tensor squaredSlopes(Module critic, GanBatch batch, Pass pass) {
        var x = batch.x().detach().requiresGrad();
        var scores = Conditioned.forward(critic, x, batch.condition(), pass);
        return Autograd.gradients(scores.sum(), new Tensor[] {x}, true)[0].reshape(x.size(0), -1).square().sum(1);
    }

    /**
     * {@code gamma / 2 E |grad D|^2} at real items.
     *
     * @param gamma at least 0
     * @param every only every so many critic steps, so many times as strong: StyleGAN2's lazy form, with 16; 1 for each
     * @see <a href="https://arxiv.org/abs/1801.04406">Mescheder, Geiger and Nowozin (2018)</a>
     */
    record R1(double gamma, int every) implements CriticPenalty {
        public R1 {
            weight("R1", gamma);
            if (every < 1) throw new IllegalArgumentException("CriticPenalty.R1: every is " + every + "; it is at least 1");
        }

        public R1(double gamma) { this(gamma, 1); }

        @Override public Tensor of(Module critic, GanBatch real, GanBatch fake, long step, Pass pass) {
            return step % every != 0 ? null : real.mean(squaredSlopes(critic, real, pass)).mul(gamma / 2 * every);
        }
    }

    /** {@code gamma / 2 E |grad D|^2} at generated items. */
    record R2(double gamma) implements CriticPenalty {
        public R2 { weight("R2", gamma); }

        @Override public Tensor of(Module critic, GanBatch real, GanBatch fake, long step, Pass pass) {
            return fake.mean(squaredSlopes(critic, fake, pass)).mul(gamma / 2);
        }
    }

    /**
     * {@code lambda E (|grad D| - 1)^2} at random points between a real and a generated item: WGAN-GP.
     *
     * @param lambda at least 0; the paper's is 10
     * @param oneSided whether slopes below 1 go free
     * @see <a href="https://arxiv.org/abs/1704.00028">Gulrajani and others (2017)</a>
     */
    record GradientPenalty(double lambda, boolean oneSided) implements CriticPenalty {
        public GradientPenalty { weight("GradientPenalty", lambda); }

        public GradientPenalty(double lambda) { this(lambda, false); }

        @Override public Tensor of(Module critic, GanBatch real, GanBatch fake, long step, Pass pass) {
            if (real.weights() != null || fake.weights() != null || !real.x().shape().equals(fake.x().shape())) throw new ShapeException(
                    "GradientPenalty: it goes between pairs of samples, not " + real.x().shape() + " and " + fake.x().shape());
            var wide = new long[real.x().rank()];
            for (int i = 0; i < wide.length; i++) wide[i] = i == 0 ? real.x().size(0) : 1;
            var between = real.x().add(fake.x().sub(real.x()).mul(Tensor.rand(pass.rng(), real.x().dtype(), wide))).detach();
            // The floor keeps the root's slope finite where a critic is flat.
            var excess = squaredSlopes(critic, new GanBatch(between, real.condition(), null), pass).add(1e-12).sqrt().sub(1);
            return (oneSided ? excess.relu() : excess).square().mean().mul(lambda);
        }
    }

    /** Every parameter within {@code [-most, most]} after each step: the first WGAN, with 0.01. */
    record WeightClipping(double most) implements CriticPenalty {
        public WeightClipping {
            if (!(most > 0)) throw new IllegalArgumentException("CriticPenalty.WeightClipping: most is " + most + "; it is above 0");
        }

        @Override public Tensor of(Module critic, GanBatch real, GanBatch fake, long step, Pass pass) { return null; }

        @Override public void project(Module critic) {
            Autograd.noGrad(() -> critic.parameters().values().forEach(w -> w.copy_(w.clamp(-most, most))));
        }
    }
}
