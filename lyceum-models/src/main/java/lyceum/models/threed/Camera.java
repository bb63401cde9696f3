package lyceum.models.threed;

import lyceum.tensor.Tensor;

/**
 * A pinhole camera: x to the right, y down, z forward, as in COLMAP and OpenCV; pixel (row, column) has its centre at (row + 1/2, column + 1/2).
 *
 * @param rotation from world to camera: its rows are the camera's axes in the world
 * @param position in the world
 * @param focal length in pixels
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 */
public record Camera(double[][] rotation, double[] position, double focal, int width, int height) {

    /** Through every pixel, row by row, (pixels, 3) each, F32; directions have length 1. */
    public record Rays(Tensor origins, Tensor directions) {
        /** Those of the given numbers. */
        public Rays rows(int... numbers) { return new Rays(origins.rows(numbers), directions.rows(numbers)); }

        public int count() { return (int) origins.size(0); }
    }

    public Camera {
        if (rotation.length != 3 || position.length != 3 || !(focal > 0) || width < 1 || height < 1)
            throw new IllegalArgumentException("Camera: " + rotation.length + " axes at " + position.length + " coordinates, focal length "
                    + focal + ", " + width + " x " + height + " pixels");
    }

    /** At a place, looking at another. @param up what is up in the world, not along the view @param degrees field of view from left to right */
    public static Camera lookAt(double[] position, double[] target, double[] up, double degrees, int width, int height) {
        double[] z = unit(new double[] {target[0] - position[0], target[1] - position[1], target[2] - position[2]});
        double[] x = unit(cross(z, up));
        return new Camera(new double[][] {x, cross(z, x), z}, position.clone(), width / 2.0 / Math.tan(Math.toRadians(degrees) / 2), width,
                height);
    }

    private static double[] cross(double[] a, double[] b) {
        return new double[] {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    }

    private static double[] unit(double[] a) {
        double n = Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
        if (!(n > 0)) throw new IllegalArgumentException("Camera.lookAt: position and target are one place, or up is the view's direction");
        return new double[] {a[0] / n, a[1] / n, a[2] / n};
    }

    /** The ray through a point of the picture, in the world: its direction, of length 1. */
    public double[] direction(double row, double column) {
        double a = (column - width / 2.0) / focal, b = (row - height / 2.0) / focal;
        var d = new double[3];
        for (int k = 0; k < 3; k++) d[k] = rotation[0][k] * a + rotation[1][k] * b + rotation[2][k];
        return unit(d);
    }

    public Rays rays() {
        float[] o = new float[3 * width * height], d = new float[3 * width * height];
        for (int i = 0; i < height; i++) for (int j = 0; j < width; j++) {
            var direction = direction(i + 0.5, j + 0.5);
            for (int k = 0; k < 3; k++) {
                o[3 * (i * width + j) + k] = (float) position[k];
                d[3 * (i * width + j) + k] = (float) direction[k];
            }
        }
        return new Rays(Tensor.of(o, (long) width * height, 3), Tensor.of(d, (long) width * height, 3));
    }
}
