"""Tiny .tflite files, written with the schema's own builders."""

import flatbuffers
import numpy as np
import tflite

KINDS = {np.dtype(np.float32): 0, np.dtype(np.int32): 2, np.dtype(np.int8): 9}


class Builder:
    """Tensors and operators in order; `data` is the file."""

    def __init__(self):
        self.tensors, self.operators = [], []

    def tensor(self, name, shape=None, values=None):
        """A tensor's number; with values a constant."""
        values = None if values is None else np.asarray(values)
        self.tensors.append((name, values.shape if shape is None else shape, values))
        return len(self.tensors) - 1

    def operator(self, op, inputs, outputs, options=None, **settings):
        """An operator by its schema's name; settings by theirs, such as StrideW=2."""
        self.operators.append((op, inputs, outputs, options, settings))

    def data(self, inputs, outputs, code=None):
        """The file of a graph; `code` in place of every operator's own."""
        b = flatbuffers.Builder(1024)
        buffers, tensors = [self._buffer(b, None)], []
        for name, shape, values in self.tensors:
            number = 0
            if values is not None:
                number = len(buffers)
                buffers.append(self._buffer(b, values))
            tensors.append(self._tensor(b, name, shape, values, number))
        operators = [self._operator(b, at, *one) for at, one in enumerate(self.operators)]
        codes = []
        for op, *_ in self.operators:
            number = getattr(tflite.BuiltinOperator, op) if code is None else code
            tflite.OperatorCodeStart(b)
            tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(number, 127))
            tflite.OperatorCodeAddBuiltinCode(b, number)
            codes.append(tflite.OperatorCodeEnd(b))
        parts = [_offsets(b, one) for one in (tensors, operators)]
        ends = [b.CreateNumpyVector(np.asarray(one, np.int32)) for one in (inputs, outputs)]
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, parts[0])
        tflite.SubGraphAddInputs(b, ends[0])
        tflite.SubGraphAddOutputs(b, ends[1])
        tflite.SubGraphAddOperators(b, parts[1])
        graphs = _offsets(b, [tflite.SubGraphEnd(b)])
        made = [_offsets(b, one) for one in (codes, buffers)]
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, made[0])
        tflite.ModelAddSubgraphs(b, graphs)
        tflite.ModelAddBuffers(b, made[1])
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())

    def _buffer(self, b, values):
        held = None
        if values is not None:
            held = b.CreateNumpyVector(np.frombuffer(values.tobytes(), np.uint8))
        tflite.BufferStart(b)
        if held is not None:
            tflite.BufferAddData(b, held)
        return tflite.BufferEnd(b)

    def _tensor(self, b, name, shape, values, buffer):
        said, sizes = b.CreateString(name), b.CreateNumpyVector(np.asarray(shape, np.int32))
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, sizes)
        tflite.TensorAddType(b, 0 if values is None else KINDS[values.dtype])
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, said)
        return tflite.TensorEnd(b)

    def _operator(self, b, at, op, inputs, outputs, options, settings):
        table = None
        if options is not None:
            getattr(tflite, f"{options}Start")(b)
            for name, value in settings.items():
                getattr(tflite, f"{options}Add{name}")(b, value)
            table = getattr(tflite, f"{options}End")(b)
        ends = [b.CreateNumpyVector(np.asarray(one, np.int32)) for one in (inputs, outputs)]
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, at)
        tflite.OperatorAddInputs(b, ends[0])
        tflite.OperatorAddOutputs(b, ends[1])
        if table is not None:
            tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, options))
            tflite.OperatorAddBuiltinOptions(b, table)
        return tflite.OperatorEnd(b)


def _offsets(b, offsets):
    b.StartVector(4, len(offsets), 4)
    for one in reversed(offsets):
        b.PrependUOffsetTRelative(one)
    return b.EndVector()


def small():
    """A strided convolution, a depthwise one, a residual sum, a mean, a dense layer, a softmax."""
    net = Builder()
    ones = np.ones
    image = net.tensor("image", (1, 17, 20, 3))
    made = net.tensor("a;b;first", (1, 9, 10, 8))
    kernel, bias = (
        net.tensor(n, values=v)
        for n, v in (("k1", ones((8, 3, 3, 3), np.float32)), ("b1", ones(8, np.float32)))
    )
    square = {"StrideW": 2, "StrideH": 2, "DilationWFactor": 1, "DilationHFactor": 1}
    net.operator("CONV_2D", [image, kernel, bias], [made], "Conv2DOptions", Padding=0, **square)
    deep = net.tensor("deep", (1, 9, 10, 8))
    kernel = net.tensor("k2", values=ones((1, 3, 3, 8), np.int8))
    zeros = net.tensor("b2", values=np.zeros(8, np.int32))
    net.operator(
        "DEPTHWISE_CONV_2D", [made, kernel, zeros], [deep], "DepthwiseConv2DOptions",
        Padding=0, StrideW=1, StrideH=1, DepthMultiplier=1,
        DilationWFactor=2, DilationHFactor=2,
    )  # fmt: skip
    total = net.tensor("total", (1, 9, 10, 8))
    net.operator("ADD", [made, deep], [total], "AddOptions")
    mean, over = net.tensor("mean", (1, 8)), net.tensor("over", values=np.array([1, 2], np.int32))
    net.operator("MEAN", [total, over], [mean], "ReducerOptions", KeepDims=False)
    out, weights = net.tensor("out", (1, 5)), net.tensor("w", values=ones((5, 8), np.float32))
    net.operator("FULLY_CONNECTED", [mean, weights, -1], [out], "FullyConnectedOptions")
    end = net.tensor("end", (1, 5))
    net.operator("SOFTMAX", [out], [end], "SoftmaxOptions", Beta=1.0)
    return net, image, end
