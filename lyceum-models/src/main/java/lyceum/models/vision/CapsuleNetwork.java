package lyceum.models.vision;

import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Capsules that vote: a convolution, primary capsules, a matrix from each of them to each class, {@link CapsuleRouting}, and a decoder
 * that redraws the picture from one class's capsule.
 * Pictures (batch, channels, side, side) in [0, 1] give the lengths of the class capsules (batch, classes), each in [0, 1).
 *
 * {@snippet :
 * var net = new CapsuleNetwork(CapsuleNetworkConfig.digits(), rng);
 * Tensor loss = net.loss(images, labels, pass);
 * var seen = net.capsules(images, pass);                               // outputs (batch, 10, pose), couplings of each round
 * Tensor again = net.reconstruct(seen.outputs(), labels, pass);
 * Tensor wider = net.reconstruct(CapsuleNetwork.perturbed(seen.outputs(), 3, 0.2), labels, pass);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1710.09829">Sabour, Frosst and Hinton (2017)</a>
 */
public final class CapsuleNetwork extends Module {
    private final CapsuleNetworkConfig config;
    private final Conv2d conv, primary;
    private final Tensor votes;
    private final Sequential decoder;

    public CapsuleNetwork(CapsuleNetworkConfig c, Rng rng) {
        config = c;
        conv = new Conv2d(c.channels(), c.maps(), new int[] {c.kernel()}, new Convolution(), true, c.dtype(), null, rng);
        primary = new Conv2d(c.maps(), c.types() * c.primary(), new int[] {c.kernel()}, new Convolution().withStride(c.stride()), true,
                c.dtype(), null, rng);
        votes = Init
                .begin(Init.normal(1 / Math.sqrt(c.primary())), rng, c.dtype(), c.children(), c.primary(), (long) c.classes() * c.pose())
                .requiresGrad();
        int pixels = c.channels() * c.side() * c.side();
        decoder = c.hidden() == 0 ? null : new Sequential(dense(c.classes() * c.pose(), c.hidden(), rng), Activation.RELU,
                dense(c.hidden(), 2 * c.hidden(), rng), Activation.RELU, dense(2 * c.hidden(), pixels, rng), Activation.SIGMOID);
    }

    private Linear dense(int inputs, int outputs, Rng rng) {
        return new Linear(inputs, outputs, true, config.dtype(), Init.torchLinear(inputs), rng);
    }

    public CapsuleNetworkConfig config() { return config; }

    /** Primary capsules, (batch, children, primary). */
    public Tensor primary(Tensor images, Pass pass) {
        if (images.rank() != 4 || images.size(1) != config.channels() || images.size(2) != config.side() || images.size(3) != config.side())
            throw new ShapeException("CapsuleNetwork: pictures " + images.shape() + "; (batch, " + config.channels() + ", " + config.side()
                    + ", " + config.side() + ")");
        var maps = primary.forward(conv.forward(images, pass).relu(), pass);
        var grouped = maps.reshape(images.size(0), config.types(), config.primary(), -1).transpose(2, 3);
        return CapsuleRouting.squash(grouped.reshape(images.size(0), -1, config.primary()), 2);
    }

    /** What each primary capsule holds of each class's pose, (batch, children, classes, pose). */
    public Tensor votes(Tensor images, Pass pass) {
        var u = primary(images, pass).transpose(0, 1); // a product a child
        return u.matmul(votes).transpose(0, 1).reshape(images.size(0), config.children(), config.classes(), config.pose());
    }

    /** The class capsules, and how they were agreed on. */
    public CapsuleRouting.Routed capsules(Tensor images, Pass pass) {
        return new CapsuleRouting(config.iterations()).route(votes(images, pass));
    }

    /** Lengths of capsules (batch, classes, pose): how surely each class is there. */
    public static Tensor lengths(Tensor capsules) { return capsules.square().sum(2).add(1e-12).sqrt(); }

    @Override protected Tensor compute(Tensor images, Pass pass) { return lengths(capsules(images, pass).outputs()); }

    /** Pictures redrawn from the capsule of a class each, all others being zero. @param classes (batch) class numbers */
    public Tensor reconstruct(Tensor capsules, Tensor classes, Pass pass) {
        if (decoder == null) throw new IllegalStateException("reconstruct: this network has no decoder; give it hidden units");
        var mask = classes.oneHot(capsules.dtype(), config.classes()).unsqueeze(2);
        return decoder.forward(capsules.mul(mask).reshape(capsules.size(0), -1), pass).reshape(-1, config.channels(), config.side(),
                config.side());
    }

    /** Capsules (batch, classes, pose) with {@code by} added to one number of every pose: what does it stand for? */
    public static Tensor perturbed(Tensor capsules, int dimension, double by) {
        if (dimension < 0 || dimension >= capsules.size(2))
            throw new IndexOutOfBoundsException("perturbed: number " + dimension + " of " + capsules.size(2));
        return capsules.add(Tensor.of((long) dimension).oneHot(capsules.dtype(), capsules.size(2)).mul(by));
    }

    /**
     * {@code sum_k T_k max(0, 0.9 - |v_k|)^2 + 0.5 (1 - T_k) max(0, |v_k| - 0.1)^2}, its mean over the batch, of lengths (batch,
     * classes).
     */
    public static Tensor marginLoss(Tensor lengths, Tensor classes) {
        var there = classes.oneHot(lengths.dtype(), lengths.size(1));
        var present = lengths.rsub(0.9).relu().square().mul(there);
        var absent = lengths.sub(0.1).relu().square().mul(there.rsub(1)).mul(0.5);
        return present.add(absent).sum(1).mean();
    }

    /** Margin loss, and the weighted error of what the true class's capsule redraws. */
    public Tensor loss(Tensor images, Tensor classes, Pass pass) {
        var capsules = capsules(images, pass).outputs();
        var margin = marginLoss(lengths(capsules), classes);
        if (decoder == null) return margin;
        var error = reconstruct(capsules, classes, pass).sub(images).square().sum(1, 2, 3).mean();
        return margin.add(error.mul(config.reconstruction()));
    }
}
