package lyceum.backend.x86.conv;

import java.util.SplittableRandom;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.x86.machine.Cpu;

/** Random convolutions of BF16 by lowered tiles, whose operands end with their memory: for JVMs that stop where that is left. */
public final class TileConvolutionsMain {
    private static final Op[] ACTIVATIONS = {null, Op.RELU, Op.ABS};
    /** Beside full tiles of 16 and pairs of them, more and fewer. */
    private static final int[] CHANNELS = {8, 15, 16, 17, 31, 32, 33, 65};

    private TileConvolutionsMain() {}

    public static void main(String[] args) {
        int runs = Integer.parseInt(args[0]);
        var random = new SplittableRandom(1);
        for (int i = 0; i < runs; i++)
            TileConvolutionTest.check(random(random, 1 + i % 3), random.nextBoolean(), ACTIVATIONS[random.nextInt(ACTIVATIONS.length)]);
        System.out.println(runs + " convolutions by tiles on " + Cpu.current().level());
    }

    /** Kernels of 1 to 3 in each direction, or a wide one over few channels, of which the columns are channels. */
    private static TileConvolutionTest.Case random(SplittableRandom random, int axes) {
        boolean few = random.nextInt(4) == 0;
        int inputs = few ? 1 + random.nextInt(4) : CHANNELS[random.nextInt(CHANNELS.length)];
        long[] x = new long[2 + axes], weight = new long[2 + axes];
        int[] stride = new int[axes], dilation = new int[axes], before = new int[axes], after = new int[axes];
        x[0] = 1 + random.nextInt(5);
        x[1] = weight[1] = inputs;
        weight[0] = CHANNELS[random.nextInt(CHANNELS.length)];
        for (int axis = 0; axis < axes; axis++) {
            boolean last = axis == axes - 1;
            int kernel = few && last ? 8 : 1 + random.nextInt(3);
            stride[axis] = 1 + random.nextInt(3);
            dilation[axis] = 1 + random.nextInt(2);
            before[axis] = random.nextInt(3);
            after[axis] = random.nextInt(3);
            weight[2 + axis] = kernel;
            x[2 + axis] = (kernel - 1) * dilation[axis] + 1 + random.nextInt(last ? axes == 1 ? 600 : 40 : 6);
        }
        var how = new Convolution().withStride(stride).withDilation(dilation).withPadding(before, after);
        return new TileConvolutionTest.Case(how, x, weight);
    }
}
