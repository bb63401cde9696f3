package lyceum.models.vision;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.tensor.Tensor;

/**
 * Judges a picture by ten parts of it: the four corners, the middle, and their mirror images; class probabilities are averaged.
 *
 * @param size side of a part
 * @see <a href="https://papers.nips.cc/paper/4824">Krizhevsky, Sutskever and Hinton (2012), section 4.1</a>
 */
public record TenCrop(int size) {
    /** The parts of pictures (n, channels, height, width): (n, 10, channels, size, size), mirrors last. */
    public Tensor crops(Tensor images) {
        long down = images.size(2) - size, right = images.size(3) - size;
        if (size < 1 || down < 0 || right < 0) throw new ShapeException("TenCrop: parts of " + size + " from pictures " + images.shape());
        var parts = new Tensor[10];
        long[][] corners = {{0, 0}, {0, right}, {down, 0}, {down, right}, {down / 2, right / 2}};
        for (int i = 0; i < 5; i++) {
            parts[i] = images.narrow(2, corners[i][0], size).narrow(3, corners[i][1], size);
            parts[i + 5] = parts[i].flip(3);
        }
        return Tensor.stack(1, parts);
    }

    /** Mean probabilities (n, classes) of a classifier that gives logits, predicting. */
    public Tensor probabilities(Layer net, Tensor images) {
        return Autograd.noGrad(() -> {
            var crops = crops(images);
            var logits = net.forward(crops.reshape(-1, images.size(1), size, size));
            return logits.softmax(-1).reshape(images.size(0), 10, -1).mean(1, false).compute();
        });
    }
}
