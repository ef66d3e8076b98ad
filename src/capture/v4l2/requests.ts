import type { IoctlRequest } from "./libc.ts";
import type { KernelStruct } from "./kernel-struct.ts";
import * as structs from "./structs.ts";

/** The VIDIOC_… requests: numbers made from the struct's size as the kernel's _IOR, _IOW and _IOWR macros do. */

const READ = 2;
const WRITE = 1;
const INT_BYTES = 4;

/** `_IOC(direction, 'V', number, sizeBytes)` of <asm-generic/ioctl.h>; x86, ARM and RISC-V share it. */
function request(name: string, direction: number, number: number, argument: KernelStruct | "int"): IoctlRequest {
  const sizeBytes = argument === "int" ? INT_BYTES : argument.sizeBytes;
  return { name, number: ((direction << 30) | (sizeBytes << 16) | (0x56 << 8) | number) >>> 0 };
}

const both = READ | WRITE;

export const VIDIOC_QUERYCAP = request("VIDIOC_QUERYCAP", READ, 0, structs.v4l2Capability);
export const VIDIOC_ENUM_FMT = request("VIDIOC_ENUM_FMT", both, 2, structs.v4l2Fmtdesc);
export const VIDIOC_G_FMT = request("VIDIOC_G_FMT", both, 4, structs.v4l2Format);
export const VIDIOC_S_FMT = request("VIDIOC_S_FMT", both, 5, structs.v4l2Format);
export const VIDIOC_REQBUFS = request("VIDIOC_REQBUFS", both, 8, structs.v4l2Requestbuffers);
export const VIDIOC_QUERYBUF = request("VIDIOC_QUERYBUF", both, 9, structs.v4l2Buffer);
export const VIDIOC_QBUF = request("VIDIOC_QBUF", both, 15, structs.v4l2Buffer);
export const VIDIOC_DQBUF = request("VIDIOC_DQBUF", both, 17, structs.v4l2Buffer);
export const VIDIOC_STREAMON = request("VIDIOC_STREAMON", WRITE, 18, "int");
export const VIDIOC_STREAMOFF = request("VIDIOC_STREAMOFF", WRITE, 19, "int");
export const VIDIOC_G_PARM = request("VIDIOC_G_PARM", both, 21, structs.v4l2Streamparm);
export const VIDIOC_S_PARM = request("VIDIOC_S_PARM", both, 22, structs.v4l2Streamparm);
export const VIDIOC_G_CTRL = request("VIDIOC_G_CTRL", both, 27, structs.v4l2Control);
export const VIDIOC_S_CTRL = request("VIDIOC_S_CTRL", both, 28, structs.v4l2Control);
export const VIDIOC_QUERYCTRL = request("VIDIOC_QUERYCTRL", both, 36, structs.v4l2Queryctrl);
export const VIDIOC_QUERYMENU = request("VIDIOC_QUERYMENU", both, 37, structs.v4l2Querymenu);
export const VIDIOC_G_EXT_CTRLS = request("VIDIOC_G_EXT_CTRLS", both, 71, structs.v4l2ExtControls);
export const VIDIOC_S_EXT_CTRLS = request("VIDIOC_S_EXT_CTRLS", both, 72, structs.v4l2ExtControls);
export const VIDIOC_TRY_EXT_CTRLS = request("VIDIOC_TRY_EXT_CTRLS", both, 73, structs.v4l2ExtControls);
export const VIDIOC_ENUM_FRAMESIZES = request("VIDIOC_ENUM_FRAMESIZES", both, 74, structs.v4l2Frmsizeenum);
export const VIDIOC_ENUM_FRAMEINTERVALS = request("VIDIOC_ENUM_FRAMEINTERVALS", both, 75, structs.v4l2Frmivalenum);
export const VIDIOC_DQEVENT = request("VIDIOC_DQEVENT", READ, 89, structs.v4l2Event);
export const VIDIOC_SUBSCRIBE_EVENT = request("VIDIOC_SUBSCRIBE_EVENT", WRITE, 90, structs.v4l2EventSubscription);
export const VIDIOC_QUERY_EXT_CTRL = request("VIDIOC_QUERY_EXT_CTRL", both, 103, structs.v4l2QueryExtCtrl);
