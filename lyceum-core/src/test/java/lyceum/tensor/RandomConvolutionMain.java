package lyceum.tensor;

import lyceum.DType;
import lyceum.backend.Backend;

/** Random convolutions on the default backend against the plain loops, in a JVM of its own. */
public final class RandomConvolutionMain {
    private RandomConvolutionMain() {}

    public static void main(String[] args) {
        int n = Integer.parseInt(args[0]);
        for (int seed = 0; seed < n; seed++) {
            RandomConvolution.of(seed).check(Backend.current());
            RandomConvolution.depthwise(seed).check(Backend.current());
            if (seed % 20 == 0) RandomConvolution.smallImages(seed / 20).check(Backend.current());
            if (seed % 10 == 0) RandomConvolution.threeByThree(seed).check(Backend.current(), RandomConvolution.TRANSFORMED, DType.F32);
        }
        System.out.println(n + " convolutions on " + Backend.current().description());
    }
}
