/**
 * Functions of numbers that {@link java.lang.Math} lacks: {@link lyceum.math.Special} (error function, gamma and its derivatives; tensors have them
 * as methods) and {@link lyceum.math.Incomplete} (incomplete gamma and beta functions and their inverses, on which distributions stand),
 * and their Fourier transform, {@link lyceum.math.Fft}.
 */
package lyceum.math;
