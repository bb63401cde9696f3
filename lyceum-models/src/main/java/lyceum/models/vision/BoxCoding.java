package lyceum.models.vision;

import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Boxes as a network tells them, relative to a reference box: offsets of the middle over its size, logarithms of the sizes' ratios, each
 * times a weight. Boxes are (n, 4): left, top, right, bottom.
 *
 * @param centre weight of the offsets, 10 in a second stage
 * @param size weight of the logarithms, 5 in a second stage
 * @param limit of a decoded logarithm, against boxes that overflow
 * @see <a href="https://arxiv.org/abs/1311.2524">Girshick et al. (2014), appendix C</a>
 */
@Withers
public record BoxCoding(double centre, double size, double limit) implements BoxCodingWithers {
    public BoxCoding {
        if (!(centre > 0 && size > 0)) throw new IllegalArgumentException("BoxCoding: weights " + centre + " and " + size + "; above 0");
    }

    /** Weights of one; sizes grow to at most 62.5 times the reference's. */
    public BoxCoding() { this(1, 1, Math.log(1000.0 / 16)); }

    /** Codes (n, 4) of boxes, relative to references. */
    public Tensor encode(Tensor boxes, Tensor references) {
        Tensor a = middles(boxes), b = middles(references), w = sizes(boxes), v = sizes(references);
        return Tensor.concat(1, a.sub(b).div(v).mul(centre), w.div(v).log().mul(size));
    }

    /** The boxes of codes. */
    public Tensor decode(Tensor codes, Tensor references) {
        var v = sizes(references);
        var middle = codes.narrow(1, 0, 2).div(centre).mul(v).add(middles(references));
        var half = codes.narrow(1, 2, 2).div(size).minimum(limit).exp().mul(v).mul(0.5);
        return Tensor.concat(1, middle.sub(half), middle.add(half));
    }

    private static Tensor middles(Tensor b) { return b.narrow(1, 0, 2).add(b.narrow(1, 2, 2)).mul(0.5); }

    private static Tensor sizes(Tensor b) { return b.narrow(1, 2, 2).sub(b.narrow(1, 0, 2)); }
}
