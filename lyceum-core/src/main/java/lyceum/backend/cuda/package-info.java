/**
 * NVIDIA's cards through their driver: {@link lyceum.backend.cuda.CudaDevice} copies, compiles (NVRTC), launches and multiplies (cuBLAS) by
 * {@code java.lang.foreign}, with nothing to install but the driver and, for kernels and products, the two libraries of the CUDA toolkit. It runs the
 * kernels of {@link lyceum.backend.simt}; where there is no driver that package's interpreter does. Tests stand in for the driver and check every call; on a card it has not been run yet. Start at
 * {@code CudaDevice}.
 */
package lyceum.backend.cuda;
