package lyceum.tensor;

import lyceum.backend.Backend;

/** Random convolutions on the default backend against the plain loops, in a JVM of its own. */
public final class RandomConvolutionMain {
    private RandomConvolutionMain() { }

    public static void main(String[] args) {
        int n = Integer.parseInt(args[0]);
        for (int seed = 0; seed < n; seed++) {
            RandomConvolution.of(seed).check(Backend.current());
            RandomConvolution.depthwise(seed).check(Backend.current());
        }
        System.out.println(n + " convolutions on " + Backend.current().description());
    }
}
