/** Architectures over {@code lyceum.nn}, a package an area: vision, sequence, graph, generative, ssl, audio, multimodal. Here is what more than one of them uses. */
package lyceum.models;
