package lyceum.nn;

import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The network that read cheques, in today's dress: two convolutions, each followed by a rectifier and the largest of 2 x 2, and three linear maps. With 6
 * and 16 filters of 5 x 5, 120 and 84 units, on one channel of 28 x 28 and 10 classes, it has 61,706 parameters.
 *
 * <p>The first convolution keeps the size; the second gives what fits, as the original's, unless the map is smaller than two kernels.
 *
 * {@snippet :
 * var net = new LeNet(1, 28, 10, rng);
 * new Trainer(new Adam(1e-3), 10).fit(net, Loss::crossEntropy, train, Rng.of(1));
 * }
 *
 * @see <a href="https://doi.org/10.1109/5.726791">LeCun, Bottou, Bengio and Haffner (1998)</a>
 */
public final class LeNet extends Module {
    private final Conv2d conv1, conv2;
    private final Linear fc1, fc2, fc3;

    /** With 6 and 16 filters of 5 x 5, 120 and 84 units. Logits of (batch, channels, side, side). */
    public LeNet(int channels, int side, int classes, Rng rng) { this(channels, side, classes, 6, 16, 5, 120, 84, rng); }

    /**
     * @param first filters of the first convolution
     * @param second filters of the second
     * @param kernel odd size of both
     * @param wide units of the first linear map
     * @param narrow units of the second
     */
    public LeNet(int channels, int side, int classes, int first, int second, int kernel, int wide, int narrow, Rng rng) {
        if (side < 4 || kernel < 1 || kernel % 2 == 0)
            throw new IllegalArgumentException("LeNet: a side of " + side + " pixels and kernels of " + kernel + "; at least 4, and odd");
        int half = side / 2, pad = half < 2 * kernel ? kernel / 2 : 0, last = (half + 2 * pad - kernel + 1) / 2;
        conv1 = new Conv2d(channels, first, kernel, new Convolution().withPadding(kernel / 2), rng);
        conv2 = new Conv2d(first, second, kernel, new Convolution().withPadding(pad), rng);
        fc1 = new Linear(second * last * last, wide, rng);
        fc2 = new Linear(wide, narrow, rng);
        fc3 = new Linear(narrow, classes, rng);
    }

    /** Maps of the second convolution, after rectifier and pooling: (batch, second, .., ..). */
    public Tensor features(Tensor images, Pass pass) {
        var halves = new Pooling(2);
        return conv2.forward(conv1.forward(images, pass).relu().maxPool(halves), pass).relu().maxPool(halves);
    }

    @Override protected Tensor compute(Tensor images, Pass pass) {
        var x = features(images, pass);
        x = fc1.forward(x.reshape(x.size(0), -1), pass).relu();
        return fc3.forward(fc2.forward(x, pass).relu(), pass);
    }
}
