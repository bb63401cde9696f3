/**
 * File formats of tensors: {@link lyceum.format.Safetensors} (start there; models are saved as safetensors and JSON), {@link lyceum.format.Npy}
 * and {@link lyceum.format.Npz}, what an ONNX file says
 * ({@link lyceum.format.OnnxFile}), {@link lyceum.format.Gguf} with its quantised blocks, and {@link lyceum.format.TorchFile}, whose pickles are read, never run;
 * {@link lyceum.format.StorageType}s are what only files hold, and {@link lyceum.format.EventFile} is written for TensorBoard. Files from outside are hostile until checked: every
 * length is compared with the file's before anything is allocated, and a malformed one is a {@link lyceum.FormatException} with the byte offset.
 */
package lyceum.format;
