package lyceum.data.augment;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Shifts the colour of a whole picture along the directions in which colours vary: {@code sum_i p_i a_i l_i} is added to every pixel,
 * with the eigenvectors p and eigenvalues l of the
 * channels' covariance C and one normal draw {@code a_i} of deviation 0.1 each a picture. The shifts have covariance {@code deviation^2
 * C^2}. Values may leave 0 to 1.
 *
 * {@snippet :
 * Augment<Raster> light = PcaColour.of(trainingPictures);
 * }
 *
 * @param steps (channels, channels): column i is {@code p_i l_i}
 * @param deviation of the draws, 0.1 in the paper
 * @see <a href="https://papers.nips.cc/paper/4824">Krizhevsky, Sutskever and Hinton (2012), section 4.1</a>
 */
public record PcaColour(Tensor steps, double deviation) implements Augment<Raster> {
    public PcaColour {
        if (steps.rank() != 2 || steps.size(0) != steps.size(1))
            throw new ShapeException("PcaColour: steps " + steps.shape() + "; a square, a column a direction");
        if (!(deviation >= 0)) throw new IllegalArgumentException("PcaColour: deviation is " + deviation + "; at least 0");
    }

    /** By all pixels of pictures (n, channels, height, width), deviation 0.1. */
    public static PcaColour of(Tensor pictures) {
        if (pictures.rank() != 4) throw new ShapeException("PcaColour.of: pictures " + pictures.shape() + "; (n, channels, height, width)");
        var channels = pictures.to(DType.F64).transpose(0, 1).reshape(pictures.size(1), -1);
        var centred = channels.sub(channels.mean(1, true));
        var eigen = Eigen.symmetric(centred.matmul(centred.transpose()).div(centred.size(1)));
        return new PcaColour(eigen.vectors().mul(eigen.values()).compute(), 0.1);
    }

    /** What one draw adds to each channel. */
    public double[] shift(Rng rng) {
        int n = (int) steps.size(0);
        var shift = new double[n];
        double[] step = steps.toDoubleArray();
        for (int i = 0; i < n; i++) {
            double a = deviation * rng.nextGaussian();
            for (int c = 0; c < n; c++) shift[c] += a * step[c * n + i];
        }
        return shift;
    }

    @Override public Raster apply(Raster picture, Rng rng) {
        if (picture.channels() != steps.size(0))
            throw new ShapeException("PcaColour: a picture of " + picture.channels() + " channels, directions of " + steps.size(0));
        double[] shift = shift(rng);
        return Raster.make(picture.channels(), picture.height(), picture.width(), (c, y, x) -> (float) (picture.at(c, y, x) + shift[c]));
    }
}
