package lyceum.backend;

import java.util.List;
import lyceum.DType;

/**
 * What a maker's data sheet says of an accelerator: memory, and dense peaks. Peaks that sheets quote "with sparsity" are twice these and reached by no dense
 * product.
 *
 * {@snippet :
 * Accelerator.H100_SXM.roofline(DType.BF16).ridge();   // 295 operations a byte
 * Accelerator.H100_SXM.roofline(DType.BF16).seconds(operations, bytes);
 * }
 *
 * @param memory bytes
 * @param bandwidth bytes a second between chip and memory
 * @param f32    operations a second in vector units
 * @param half   in matrix units for F16 and BF16 with sums in F32
 * @param eight  in matrix units for I8 or eight-bit floats
 */
public record Accelerator(String name, double memory, double bandwidth, double f32, double half, double eight) {
    // @formatter:off
    public static final Accelerator
            A100_SXM = of("A100 SXM",    80, 2039,  19.5,  312,    624),
            L40S     = of("L40S",        48,  864,  91.6,  362,    733),
            H100_SXM = of("H100 SXM",    80, 3350,  66.9,  989.4, 1978.9),
            H200_SXM = of("H200 SXM",   141, 4800,  66.9,  989.4, 1978.9),
            MI300X   = of("MI300X",     192, 5300, 163.4, 1307.4, 2614.9);
    // @formatter:on

    private static Accelerator of(String name, double gigabytes, double gigabytesASecond, double f32, double half, double eight) {
        return new Accelerator(name, gigabytes * 1e9, gigabytesASecond * 1e9, f32 * 1e12, half * 1e12, eight * 1e12);
    }

    /** Those named here, in the order of their half-precision peaks. */
    public static List<Accelerator> named() { return List.of(A100_SXM, L40S, H100_SXM, H200_SXM, MI300X); }

    /** Its roofs for products of operands of {@code type}. @throws IllegalArgumentException for a type whose peak is not told here */
    public Roofline roofline(DType type) {
        double peak = switch (type) {
            case F32 -> f32;
            case F16, BF16 -> half;
            case I8, U8 -> eight;
            default -> throw new IllegalArgumentException(
                    "Accelerator: no peak of " + name + " for " + type + "; there are F32, F16, BF16, I8 and U8");
        };
        return Roofline.of(peak, bandwidth);
    }
}
