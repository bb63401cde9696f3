package lyceum.models.threed;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** A picture and the camera that took it. @param pixels (height width, 3), row by row, in [0, 1] */
public record PosedView(Camera camera, Tensor pixels) {
    public PosedView {
        if (pixels.rank() != 2 || pixels.size(1) != 3 || pixels.size(0) != (long) camera.width() * camera.height())
            throw new ShapeException("PosedView: pixels " + pixels.shape() + " of a camera of " + camera.width() + " x " + camera.height()
                    + "; they are (pixels, 3)");
    }
}
