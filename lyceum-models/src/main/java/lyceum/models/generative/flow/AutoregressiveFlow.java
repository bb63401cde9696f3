package lyceum.models.generative.flow;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Each number is shifted and scaled by what a {@link Made} says of those before it. With {@code v} the conditioning side and {@code u} the other,
 * {@code v_i = mu_i(v_<i) + exp(alpha_i(v_<i)) u_i}. From a whole v all of u comes in one pass of the network; the way back takes a pass a number, since
 * {@code v_1} must be there before {@code v_2}.
 *
 * <p>Log scales are {@code limit tanh(raw / limit)}. The child is {@code network}.
 *
 * @see <a href="https://arxiv.org/abs/1705.07057">Papamakarios, Pavlakou and Murray (2017), masked autoregressive flow</a>
 * @see <a href="https://arxiv.org/abs/1606.04934">Kingma et al. (2016), inverse autoregressive flow</a>
 */
public final class AutoregressiveFlow extends FlowLayer {
    /** Which side is conditioned on. */
    public enum Direction {
        /** The data: a density takes one pass, a sample d (MAF). */
        DENSITY_FAST,
        /** The noise: a sample takes one pass, a density of foreign data d (IAF). */
        SAMPLING_FAST
    }

    private final Made network;
    private final Direction direction;
    private final double limit;

    /** @param network says two numbers of each feature: mu and the raw alpha */
    public AutoregressiveFlow(Made network, Direction direction, double limit) {
        if (network.config().outputs() != 2) throw new IllegalArgumentException(
                "AutoregressiveFlow: a network of " + network.config().outputs() + " outputs a feature; it says mu and alpha, 2");
        this.network = network;
        this.direction = Objects.requireNonNull(direction, "direction");
        this.limit = requireLimit("AutoregressiveFlow", limit);
    }

    /** Of a new network whose answers begin as zeros, so that the layer begins as the identity. */
    public AutoregressiveFlow(MadeConfig network, Direction direction, double limit, Rng rng) {
        this(new Made(network, rng).quiet(), direction, limit);
    }

    public Made network() { return network; }

    public Direction direction() { return direction; }

    /** The same network on the other side: a MAF's inverse is the IAF of its weights. */
    @Override public AutoregressiveFlow inverted() {
        var other = direction == Direction.DENSITY_FAST ? Direction.SAMPLING_FAST : Direction.DENSITY_FAST;
        return new AutoregressiveFlow(network, other, limit);
    }

    private record Said(Tensor mu, Tensor alpha) {}

    private Said said(Tensor v, Pass pass) {
        var said = network.forward(v, pass);
        long d = network.config().features();
        return new Said(said.narrow(1, 0, d), limited(said.narrow(1, d, d), limit));
    }

    /** u of v. */
    private Moved together(Tensor v, Pass pass) {
        var said = said(v, pass);
        return new Moved(v.sub(said.mu).mul(said.alpha.neg().exp()), sumOfItems(said.alpha).neg());
    }

    /** v of u: after k passes the first k numbers in the order stand. Others are kept at 0, since what is masked must not be infinite. */
    private Moved oneByOne(Tensor u, Pass pass) {
        var config = network.config();
        int d = config.features();
        var places = new long[d];
        for (int i = 0; i < d; i++) places[i] = config.place(i);
        var place = Tensor.of(places).to(DType.I64);
        Tensor v = u.zerosLike();
        for (int k = 0;; k++) {
            var said = said(v, pass);
            var all = u.mul(said.alpha.exp()).add(said.mu);
            if (k == d - 1) return new Moved(all, sumOfItems(said.alpha));
            v = place.le((long) k).where(all, v.zerosLike());
        }
    }

    @Override public Moved transform(Tensor x, Pass pass) {
        return direction == Direction.DENSITY_FAST ? together(x, pass) : oneByOne(x, pass);
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        return direction == Direction.DENSITY_FAST ? oneByOne(y, pass) : together(y, pass);
    }
}
