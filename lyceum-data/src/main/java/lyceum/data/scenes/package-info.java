/**
 * Small worlds drawn by a seed, each with a way to check what a model says of it or makes of it: what many models of pictures, sound, graphs and
 * texts are tried on. Start from {@link lyceum.data.scenes.CaptionedScenes}.
 */
package lyceum.data.scenes;
