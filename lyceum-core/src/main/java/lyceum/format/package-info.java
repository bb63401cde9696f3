/**
 * File formats of tensors: {@link lyceum.format.Safetensors} (start there; models are saved as safetensors and JSON), {@link lyceum.format.Npy}
 * and {@link lyceum.format.Npz}, and what an ONNX file says ({@link lyceum.format.OnnxFile}). Files from outside are hostile until checked: every
 * length is compared with the file's before anything is allocated, and a malformed one is a {@link lyceum.FormatException} with the byte offset.
 */
package lyceum.format;
