/** Labs about smaller networks: pruning, distillation, quantisation and chains of them. Start at {@code PruningLab}. */
package lyceum.labs.nn.compress;
