package lyceum.train.search;

/**
 * Makes a convolutional network larger in all three ways at once: at level phi it has {@code alpha^phi} times the layers, {@code beta^phi} times the channels and
 * {@code gamma^phi} times the pixels a side. As convolutions cost {@code depth width^2 resolution^2}, each level multiplies the operations by {@code alpha beta^2 gamma^2}.
 *
 * {@snippet :
 * var scaling = CompoundScaling.doubling(1.2, 1.1);
 * var larger = scaling.scale(new CompoundScaling.Size(16, 64, 64), 2);
 * }
 *
 * @param alpha of depth, at least 1
 * @param beta of width, at least 1
 * @param gamma of resolution, at least 1
 * @see <a href="https://arxiv.org/abs/1905.11946">Tan and Le (2019), section 3.3</a>
 */
public record CompoundScaling(double alpha, double beta, double gamma) {
    /** That of EfficientNet: 1.2, 1.1, 1.15, which makes 1.92. */
    public static final CompoundScaling EFFICIENT_NET = new CompoundScaling(1.2, 1.1, 1.15);

    /**
     * @param depth layers
     * @param width channels
     * @param resolution pixels a side
     */
    public record Size(int depth, int width, int resolution) {
        public Size {
            if (depth < 1 || width < 1 || resolution < 1) throw new IllegalArgumentException(
                    "Size: " + depth + " layers, " + width + " channels, " + resolution + " pixels; at least 1 each");
        }
    }

    public CompoundScaling {
        if (!(alpha >= 1 && beta >= 1 && gamma >= 1 && alpha * beta * gamma < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("CompoundScaling: factors " + alpha + ", " + beta + ", " + gamma + "; each is at least 1");
    }

    /** With the gamma that makes each level cost twice the one before. @throws IllegalArgumentException if alpha beta^2 is above 2 */
    public static CompoundScaling doubling(double alpha, double beta) {
        return new CompoundScaling(alpha, beta, Math.sqrt(2 / (alpha * beta * beta)));
    }

    /** What a level multiplies the operations of convolutions by, before rounding: {@code alpha beta^2 gamma^2}. */
    public double costFactor() { return alpha * beta * beta * gamma * gamma; }

    /** The size at a level, each number rounded to the nearest. @param phi at least 0 */
    public Size scale(Size base, double phi) {
        if (!(phi >= 0)) throw new IllegalArgumentException("CompoundScaling: phi is " + phi + "; at least 0");
        return new Size(rounded(base.depth, alpha, phi), rounded(base.width, beta, phi), rounded(base.resolution, gamma, phi));
    }

    private static int rounded(int base, double factor, double phi) { return Math.toIntExact(Math.round(base * Math.pow(factor, phi))); }
}
