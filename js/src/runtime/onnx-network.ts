/** An ONNX network on the CPU. */

import type { InferenceSession, Tensor } from "onnxruntime-web";

import { ModelError } from "../errors.js";
import type { OnnxRuntime } from "../platform/platform.js";

export type Tensors = Readonly<Record<string, Tensor>>;

/** A loaded network. */
export class OnnxNetwork {
  private constructor(private readonly session: InferenceSession) {}

  /**
   * A network, ready to run.
   *
   * @param content - of an ONNX file.
   * @param name - of that file, for messages.
   * @throws ModelError ONNX Runtime cannot load it.
   */
  static async load(
    runtime: OnnxRuntime,
    content: Uint8Array,
    name: string,
    threads: number,
  ): Promise<OnnxNetwork> {
    const options: InferenceSession.SessionOptions = {
      executionProviders: [runtime.isNative ? "cpu" : "wasm"],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      ...(runtime.isNative && { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    };
    try {
      return new OnnxNetwork(await runtime.ort.InferenceSession.create(content, options));
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      throw new ModelError(`ONNX Runtime cannot load it (${reason})`, name);
    }
  }

  /** Whether the input `name` is uint8. */
  takesBytes(name: string): boolean {
    return this.session.inputMetadata.some(
      (input) => input.name === name && input.isTensor && input.type === "uint8",
    );
  }

  /** The names of its outputs. */
  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /** The outputs of these names, or all outputs. */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors> {
    return outputs ? this.session.run(inputs, outputs) : this.session.run(inputs);
  }

  /** Frees what it holds. */
  close(): Promise<void> {
    return this.session.release();
  }
}

/** The numbers of a float32 tensor. */
export function floats(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}
